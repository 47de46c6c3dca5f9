// Every judgement on the machine, with invented facts.
#include <cerrno>
#include <cstdint>
#include <optional>

#include "launcher/commands/doctor/checks.h"
#include "tests/launcher/commands/doctor/judge.h"

namespace dplaunch::doctor {
namespace {

using testing::expect_rows;

constexpr std::int64_t kMib = std::int64_t{1} << 20;
constexpr std::int64_t kGib = std::int64_t{1} << 30;

TEST(Doctor, JudgesSharedMemory) {
  using Facts = SharedMemoryFacts;
  expect_rows<Facts>({FileSystemSpace{8 * kGib, 8 * kGib}, true}, check_shared_memory,
                     {{"docker's default",
                       [](Facts& f) {
                         f.space = {64 * kMib, 64 * kMib};
                       },
                       Severity::kWarn, "0.1 of 0.1 GiB free", "docker run --shm-size=8g"},
                      {"small, no container",
                       [](Facts& f) {
                         f = {FileSystemSpace{kGib - 1, kGib - 1}, false};
                       },
                       Severity::kWarn, "NCCL", "mount -o remount,size=8G /dev/shm"},
                      {"full",
                       [](Facts& f) {
                         f.space = {8 * kGib, 0};
                       },
                       Severity::kWarn, "0.0 of 8.0 GiB free", "ls -l /dev/shm"},
                      {"none",
                       [](Facts& f) {
                         f = {std::nullopt, false};
                       },
                       Severity::kFail, "there is none", "mount -t tmpfs"}});
}

TEST(Doctor, JudgesLimits) {
  using Facts = LimitFacts;
  Facts healthy;
  healthy.core_bytes.soft = 0;
  expect_rows<Facts>(healthy, check_limits,
                     {{"some files",
                       [](Facts& f) {
                         f.open_files = {1023, kUnlimited};
                       },
                       Severity::kWarn, "1023 open files", "ulimit -n 4096"},
                      {"few files, low hard limit",
                       [](Facts& f) {
                         f.open_files = {63, 1024};
                       },
                       Severity::kFail, "63 open files", "the hard limit is 1024"},
                      {"locked memory",
                       [](Facts& f) {
                         f.has_infiniband = true;
                         f.locked_memory_bytes = {8 * kMib, kUnlimited};
                       },
                       Severity::kWarn, "8192 KiB", "ulimit -l unlimited"},
                      {"locked memory, hard",
                       [](Facts& f) {
                         f.has_infiniband = true;
                         f.locked_memory_bytes = {65536, 65536};
                       },
                       Severity::kWarn, "64 KiB", "limits.conf"},
                      {"processes",
                       [](Facts& f) {
                         f.processes = {1024, 8192};
                       },
                       Severity::kWarn, "1024 processes and threads", "ulimit -u 4096"},
                      {"core files", [](Facts& f) { f.core_bytes = {}; }, Severity::kNote,
                       "core file", "ulimit -c 0"}});
}

TEST(Doctor, LimitsThatDoNotBindAreNoFinding) {
  LimitFacts facts;
  facts.core_bytes.soft = 0;
  facts.is_root = true;
  facts.processes = {100, 100};
  facts.locked_memory_bytes = {65536, 65536};
  EXPECT_EQ(worst(check_limits(facts)), Severity::kOk);
}

NetworkFacts healthy_network() {
  NetworkFacts facts;
  facts.host_name = "node7";
  facts.addresses = {"192.0.2.7", "127.0.1.1", "2001:db8::7"};
  facts.own_addresses = {"127.0.0.1", "192.0.2.7", "::1", "2001:db8::7"};
  return facts;
}

TEST(Doctor, JudgesTheHostName) {
  using Facts = NetworkFacts;
  expect_rows<Facts>(
      healthy_network(), check_host_name,
      {{"does not resolve",
        [](Facts& f) {
          f.addresses.clear();
          f.resolve_problem = "Name or service not known";
        },
        Severity::kWarn, "node7 does not resolve: Name or service not known", "127.0.1.1 node7"},
       {"of another machine",
        [](Facts& f) {
          f.addresses = {"192.0.2.7", "198.51.100.1"};
        },
        Severity::kWarn, "node7 resolves to 198.51.100.1, which is no address of this machine",
        "--master-addr an address out of 127.0.0.1, 192.0.2.7"},
       {"slow", [](Facts& f) { f.resolve_ms = 5000; }, Severity::kWarn, "5000 ms",
        "/etc/resolv.conf"}});
  NetworkFacts local = healthy_network();
  local.addresses = {"127.0.1.1"};
  EXPECT_THAT(check_host_name(local).at(0).finding, ::testing::HasSubstr("only this machine"));
}

TEST(Doctor, JudgesPorts) {
  using Facts = NetworkFacts;
  expect_rows<Facts>(
      healthy_network(), check_ports,
      {{"no loopback", [](Facts& f) { f.loopback_problem = "connect: Network is unreachable"; },
        Severity::kFail, "connect: Network is unreachable", "ip link set lo up"},
       {"29500", [](Facts& f) { f.is_usual_port_free = false; }, Severity::kNote, "--nnodes",
        "--master-port"}});
}

TEST(Doctor, JudgesTheClock) {
  using Facts = ClockFacts;
  expect_rows<Facts>({2030, 2026, true}, check_clock,
                     {{"1970", [](Facts& f) { f.year = 1970; }, Severity::kWarn,
                       "the year is 1970, but this dplaunch was built in 2026", "set-ntp"},
                      {"alone", [](Facts& f) { f.is_synchronised = false; }, Severity::kNote,
                       "several hosts", "chrony"}});
  EXPECT_EQ(worst(check_clock({2026, 2026, std::nullopt})), Severity::kOk);
}

FolderFacts healthy_folder(const char* path) {
  return {path, "/home/ada", "", FileSystemSpace{100 * kGib, 50 * kGib}};
}

TEST(Doctor, JudgesTheRunsFolder) {
  using Facts = FolderFacts;
  expect_rows<Facts>(
      healthy_folder("./runs"), check_runs_folder,
      {{"read-only", [](Facts& f) { f.write_problem = "Read-only file system"; }, Severity::kFail,
        "./runs: cannot write into /home/ada: Read-only file system", "--log-dir DIR"},
       {"little room", [](Facts& f) { f.space->free_bytes = 900 * kMib; }, Severity::kWarn,
        "0.9 GiB free", "keep_checkpoints=1"},
       {"no room", [](Facts& f) { f.space->free_bytes = 0; }, Severity::kFail, "0.0 GiB free",
        "make room"}});
  FolderFacts unknown = healthy_folder("./runs");
  unknown.space.reset();
  EXPECT_EQ(worst(check_runs_folder(unknown)), Severity::kOk);
}

DataFacts healthy_data() {
  DataFacts facts;
  facts.folder = healthy_folder("./data");
  facts.has_files = true;
  facts.set = DataSet{"train.bin", "test.bin", 50000, 10000, false};
  return facts;
}

void take_the_set(DataFacts& facts, bool has_files) {
  facts.set.reset();
  facts.has_files = has_files;
  facts.problem = "./data: no such data folder";
  facts.hint = "dplaunch data gets it";
}

TEST(Doctor, JudgesTheData) {
  using Facts = DataFacts;
  expect_rows<Facts>(healthy_data(), check_data,
                     {{"synthetic", [](Facts& f) { f.set->is_synthetic = true; }, Severity::kNote,
                       "SYNTHETIC", "dplaunch data --force --root ./data"},
                      {"damaged", [](Facts& f) { take_the_set(f, true); }, Severity::kFail,
                       "no such", "dplaunch data gets it"},
                      {"missing", [](Facts& f) { take_the_set(f, false); }, Severity::kWarn,
                       "commands of your own may need none", "dplaunch data gets it"}});
}

TEST(Doctor, SaysThatTheDataHasNoPlaceToGo) {
  DataFacts facts = healthy_data();
  take_the_set(facts, false);
  facts.folder.space->free_bytes = 399 * kMib;
  EXPECT_THAT(check_data(facts).at(1).finding, ::testing::HasSubstr("0.4 GiB free"));
  facts.folder.write_problem = "Permission denied";
  EXPECT_THAT(check_data(facts).at(1).finding,
              ::testing::HasSubstr("cannot write into /home/ada: Permission denied"));
  EXPECT_THAT(check_data(facts).at(1).remedy, ::testing::HasSubstr("dplaunch data --root DIR"));
}

TEST(Doctor, JudgesCores) {
  using Facts = CoreFacts;
  expect_rows<Facts>({16, 16, 16, 8}, check_cores,
                     {{"more GPUs than cores",
                       [](Facts& f) {
                         f = {4, 4, 4, 8};
                       },
                       Severity::kWarn, "8 GPUs share 4 cores", "more cores, or use fewer GPUs"},
                      {"quota", [](Facts& f) { f.usable = 8; }, Severity::kNote,
                       "the time of 8 cores on 16", "docker run --cpus"},
                      {"cpuset", [](Facts& f) { f.allowed = f.usable = 8; }, Severity::kNote,
                       "8 of 16 cores", "ask for more"}});
}

TEST(Doctor, JudgesMemory) {
  using Facts = MemoryFacts;
  expect_rows<Facts>({64 * kGib, 32 * kGib, std::nullopt}, check_memory,
                     {{"used up", [](Facts& f) { f.available_bytes = 2 * kGib - 1; },
                       Severity::kWarn, "2.0 of 64.0 GiB available", "end other programs"},
                      {"limited", [](Facts& f) { f.limit_bytes = kGib; }, Severity::kWarn,
                       "the control group may use 1.0 GiB", "docker run --memory"}});
  // cgroup v1 writes a number beyond any memory for "no limit".
  EXPECT_THAT(check_memory({64 * kGib, 32 * kGib, INT64_MAX}).at(0).finding,
              ::testing::Not(::testing::HasSubstr("control group")));
}

TEST(Doctor, JudgesAnAllReduce) {
  using Facts = AllReduceFacts;
  Facts healthy;
  healthy.is_tried = healthy.is_on_gpus = true;
  healthy.processes = 2;
  healthy.bytes = 44'880'528;
  healthy.command = "dplaunch --device all -- worker";
  healthy.seconds = 0.0045;  // 10 GB/s for two: 2 (n - 1) / n is 1
  expect_rows<Facts>(
      healthy, check_all_reduce,
      {{"over one lane", [](Facts& f) { f.seconds = 0.045; }, Severity::kWarn,
        "45.0 ms: 1.0 GB/s each", "peer-to-peer"},
       {"as slow as PCIe in spite of NVLink", [](Facts& f) { f.has_only_nvlinks = true; },
        Severity::kWarn, "10.0 GB/s each, which is slow", "dplaunch devices"},
       {"failed", [](Facts& f) { f.problem = "NCCL error"; }, Severity::kFail, "NCCL error",
        "NCCL_DEBUG=INFO dplaunch --device all -- worker says"},
       {"failed on the CPU",
        [](Facts& f) {
          f.problem = "refused";
          f.is_on_gpus = false;
        },
        Severity::kFail, "refused", "loopback"}});
  healthy.processes = 4;  // 2 (n - 1) / n is 1.5
  EXPECT_THAT(check_all_reduce(healthy).front().finding, ::testing::HasSubstr(" 15.0 GB/s each"));
  healthy.is_on_gpus = false;
  healthy.seconds = 10;
  EXPECT_EQ(worst(check_all_reduce(healthy)), Severity::kOk) << "a slow CPU is no fault";
  EXPECT_TRUE(check_all_reduce(Facts{}).empty());
}

TEST(Doctor, JudgesTheKernel) {
  using Facts = KernelFacts;
  Facts healthy;
  healthy.release = "6.1.0";
  healthy.ptrace_scope = 0;
  expect_rows<Facts>(healthy, check_kernel,
                     {{"old", [](Facts& f) { f.pidfd_errno = ENOSYS; }, Severity::kFail,
                       "Function not implemented", "Linux 5.3"},
                      {"filtered",
                       [](Facts& f) {
                         f.pidfd_errno = EPERM;
                         f.is_filtered = true;
                       },
                       Severity::kFail, "Operation not permitted", "seccomp=unconfined"},
                      {"affinity", [](Facts& f) { f.affinity_errno = EPERM; }, Severity::kWarn,
                       "cannot be bound", "sandbox"},
                      {"death signal", [](Facts& f) { f.parent_death_signal_errno = EPERM; },
                       Severity::kFail, "no process can be started", "sandbox"},
                      {"sub-reaper", [](Facts& f) { f.subreaper_errno = EINVAL; }, Severity::kWarn,
                       "outlive the job", "sandbox"},
                      {"Yama", [](Facts& f) { f.ptrace_scope = 1; }, Severity::kNote,
                       "ptrace_scope 1", "SYS_PTRACE"},
                      {"Yama for good", [](Facts& f) { f.ptrace_scope = 3; }, Severity::kNote,
                       "ptrace_scope 3", "until a reboot"}});
}

TEST(Doctor, JudgesTheEnvironment) {
  using Facts = EnvironmentFacts;
  const auto set = [](const char* name, const char* value) {
    return [name, value](Facts& f) { f.variables[name] = value; };
  };
  Facts healthy;
  healthy.variables = {{"PATH", "/usr/bin"}, {"NCCL_SOCKET_IFNAME", "eth,ib"}};
  healthy.interfaces = {"lo", "eth0"};
  healthy.processes = 2;
  healthy.usable_cores = 8;
  expect_rows<Facts>(
      healthy, check_environment,
      {{"empty mask", set("CUDA_VISIBLE_DEVICES", ""), Severity::kWarn, "hides every GPU",
        "unset CUDA_VISIBLE_DEVICES"},
       {"mask",
        [](Facts& f) {
          f.variables["CUDA_VISIBLE_DEVICES"] = "1";
          f.mask_note = "CUDA_VISIBLE_DEVICES=\"1\" hides 1 of 2 GPUs";
        },
        Severity::kNote, "hides 1 of 2", "--device counts in its list"},
       {"few threads", set("OMP_NUM_THREADS", "4"), Severity::kNote, "OMP_NUM_THREADS=4",
        "unset OMP_NUM_THREADS"},
       {"many threads", set("OMP_NUM_THREADS", "5"), Severity::kWarn,
        "2 x 5 threads compete for 8 cores", "unset OMP_NUM_THREADS"},
       {"nonsense threads", set("OMP_NUM_THREADS", "x"), Severity::kNote, "OMP_NUM_THREADS=x",
        "unset OMP_NUM_THREADS"},
       {"P2P", set("NCCL_P2P_DISABLE", "1"), Severity::kWarn, "NCCL_P2P_DISABLE=1",
        "unset NCCL_P2P_DISABLE"},
       {"SHM", set("NCCL_SHM_DISABLE", "1"), Severity::kWarn, "over the network", "unset"},
       {"IB", set("NCCL_IB_DISABLE", "1"), Severity::kWarn, "InfiniBand", "unset"},
       {"blocking", set("CUDA_LAUNCH_BLOCKING", "1"), Severity::kWarn, "waited for", "unset"},
       {"debug", set("TORCH_DISTRIBUTED_DEBUG", "DETAIL"), Severity::kWarn, "checked", "unset"},
       {"no such interface", set("NCCL_SOCKET_IFNAME", "ib"), Severity::kFail,
        "fits no network interface; there are: lo eth0", "unset NCCL_SOCKET_IFNAME"},
       {"exact interface", set("NCCL_SOCKET_IFNAME", "=eth"), Severity::kFail, "=eth", "unset"},
       {"Gloo is always exact", set("GLOO_SOCKET_IFNAME", "eth"), Severity::kFail, "eth", "unset"},
       {"other NCCL", set("NCCL_DEBUG", "INFO"), Severity::kNote, "NCCL_DEBUG=INFO", "unset"},
       {"left over", set("MASTER_ADDR", "node0"), Severity::kNote, "MASTER_ADDR=node0",
        "--master-addr"}});
  for (const char* harmless : {"^docker", "=eth0", "eth0", ""}) {
    Facts facts = healthy;
    facts.variables["NCCL_SOCKET_IFNAME"] = harmless;
    facts.variables["NCCL_P2P_DISABLE"] = "0";
    EXPECT_EQ(worst(check_environment(facts)), Severity::kOk) << harmless;
  }
}

TEST(Doctor, HostileTextIsDisarmed) {
  EnvironmentFacts facts;
  facts.variables["NCCL_DEBUG"] = "\x1b[2J\xff\n";
  EXPECT_THAT(check_environment(facts).at(0).finding, ::testing::HasSubstr("NCCL_DEBUG=?[2J??"));
}

}  // namespace
}  // namespace dplaunch::doctor
