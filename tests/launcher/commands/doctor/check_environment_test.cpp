#include "launcher/commands/doctor/check_environment.h"

#include "tests/launcher/commands/doctor/judge.h"

namespace dplaunch::doctor {
namespace {

using testing::expect_rows;

TEST(Doctor, JudgesTheEnvironment) {
  using Facts = EnvironmentFacts;
  const auto set = [](const char* name, const char* value) {
    return [name, value](Facts& f) { f.variables[name] = value; };
  };
  Facts healthy;
  healthy.variables = {{"PATH", "/usr/bin"}, {"NCCL_SOCKET_IFNAME", "eth,ib"}};
  healthy.mask_variable = "CUDA_VISIBLE_DEVICES";
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
       {"wrong mask",
        [](Facts& f) {
          f.variables["CUDA_VISIBLE_DEVICES"] = "7";
          f.mask_note = "CUDA_VISIBLE_DEVICES=\"7\" hides 2 of 2 GPUs";
          f.is_mask_wrong = true;
        },
        Severity::kWarn, "hides 2 of 2", "unset CUDA_VISIBLE_DEVICES"},
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
       {"task of an engine", set("JOB_COMPLETION_INDEX", "3"), Severity::kNote,
        "task 3 of an unknown number (JOB_COMPLETION_INDEX): a job here is one host of it",
        "--standalone"},
       {"no number", set("PET_NNODES", "4:1"), Severity::kFail, "PET_NNODES=\"4:1\"", "--nnodes"},
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
