#include "tests/support/dry_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/launcher/devices/fake_machine.h"
#include "tests/support/run_program.h"

namespace dplaunch {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ShellResult;

class DryRun : public ::testing::Test {
 protected:
  ShellResult run(const std::string& arguments, const std::string& environment = "",
                  const std::string& command = "") const {
    return testing::run_dplaunch(folder_.path(), arguments + " --dry-run " + command,
                                 "-u CUDA_VISIBLE_DEVICES -u CUDA_DEVICE_ORDER " + environment);
  }

  /// What is printed of one rank.
  static std::string rank(const ShellResult& result, int number) {
    const std::size_t start = result.out.find("\nrank " + std::to_string(number) + ":");
    if (start == std::string::npos) return {};
    return result.out.substr(start, result.out.find("\nrank ", start + 1) - start);
  }

  testing::TemporaryFolder folder_;
};

TEST_F(DryRun, GivesEachOfTwo3090sItsRank) {
  testing::install_machine(std::string(testing::kIdle3090) + testing::kBusy3090);
  const ShellResult result = run("--device all -c " CONFIGS_FOLDER "/config_multi_gpu.yml");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("total batch 256 x 2 = 512"));
  EXPECT_THAT(result.out, HasSubstr("GPU 1 (NVIDIA GeForce RTX 3090) is busy: 99% utilised"));
  EXPECT_THAT(rank(result, 0),
              AllOf(HasSubstr("GPU 0 NVIDIA GeForce RTX 3090 (physical 0, "
                              "GPU-3090aaaa-0000-0000-0000-000000000000, 24.0 GiB)"),
                    HasSubstr("CUDA_VISIBLE_DEVICES=GPU-3090aaaa-0000-0000-0000-000000000000\n"),
                    HasSubstr("CUDA_DEVICE_ORDER=PCI_BUS_ID\n"), HasSubstr("\n  RANK=0\n"),
                    HasSubstr("WORLD_SIZE=2\n"), HasSubstr("dplaunch-worker-cuda --run-dir")));
  EXPECT_THAT(rank(result, 1),
              AllOf(HasSubstr("CUDA_VISIBLE_DEVICES=GPU-3090bbbb-0000-0000-0000-000000000000\n"),
                    HasSubstr("\n  RANK=1\n"), HasSubstr("LOCAL_RANK=1\n")));
  EXPECT_THAT(rank(result, 2), ::testing::IsEmpty());
}

TEST_F(DryRun, MapsAnInheritedMaskToPhysicalGpus) {
  testing::install_machine(testing::idle_gpus(8));
  const ShellResult result = run("--device 1", "CUDA_VISIBLE_DEVICES=6,2");
  EXPECT_THAT(rank(result, 0), AllOf(HasSubstr("GPU 1 NVIDIA A100-SXM4-80GB (physical 2, "),
                                     HasSubstr("CUDA_VISIBLE_DEVICES=GPU-a1000002-0000\n")));
}

std::string masks(const ShellResult& result) {
  return testing::values_in_ranks(result, "CUDA_VISIBLE_DEVICES");
}

TEST_F(DryRun, ACommandIsGivenTheNumbersOfItsGpus) {
  struct Case {
    const char* arguments;
    const char* environment;
    const char* masks;
  };
  testing::install_machine(testing::idle_gpus(4));
  for (const Case& c : {
           Case{"--device all", "", "- - - -"},
           Case{"", "", "- - - -"},
           Case{"--device all", "CUDA_VISIBLE_DEVICES=3,1", "3,1 3,1"},
           Case{"--device all", "CUDA_VISIBLE_DEVICES=GPU-a1000002-0000", "2"},
           Case{"--device 1", "CUDA_VISIBLE_DEVICES=3,1", "1"},
           Case{"--device 0,2", "", "0,2 0,2"},
           Case{"--device 1,0,2,3", "", "1,0,2,3 1,0,2,3 1,0,2,3 1,0,2,3"},
           Case{"--device 0,2 --isolate-devices", "", "0 2"},
           Case{"--device all --isolate-devices", "", "0 1 2 3"},
           Case{"--device 0,2", "CUDA_DEVICE_ORDER=PCI_BUS_ID", "0,2 0,2"},
           Case{"--device 2", "CUDA_DEVICE_ORDER=FASTEST_FIRST", "GPU-a1000002-0000"},
           Case{"--device cpu:2", "CUDA_VISIBLE_DEVICES=3,1", ""},
           // A number of processes alone hides nothing, as under torchrun.
           Case{"--nproc-per-node 1", "", "-"},
           Case{"--nproc-per-node 6", "", "- - - - - -"},
           Case{"--nproc-per-node gpu", "CUDA_VISIBLE_DEVICES=3,1", "3,1 3,1"},
           Case{"--nproc-per-node 3", "CUDA_VISIBLE_DEVICES=3,1", "- - -"},  // inherited
           Case{"--device 1 --nproc-per-node 2", "", "1 1"},
           Case{"--device 0-2 --nproc-per-node 1", "", "0,1,2"},
       }) {
    const ShellResult result = run(std::string(c.arguments), c.environment, "-- true");
    EXPECT_EQ(masks(result), c.masks) << c.environment << ' ' << c.arguments << result.err;
  }
  testing::install_machine(std::string(testing::kIdle3090) + testing::kSplitH100);
  EXPECT_EQ(masks(run("--device MIG-1111", "", "-- true")), "MIG-11111111-aaaa");
  testing::install_machine(std::string(testing::kLostGpu) + testing::kIdle3090);
  EXPECT_EQ(masks(run("--device 1", "", "-- true")), "GPU-3090aaaa-0000-0000-0000-000000000000")
      << "CUDA may not count the lost one";
}

TEST_F(DryRun, ACommandsProcessesAreNotTiedToItsDevices) {
  testing::install_machine(testing::kIdle3090);
  const ShellResult shared = run("--nproc-per-node 2", "", "-- true");
  EXPECT_THAT(shared.out, AllOf(HasSubstr("processes  2\n"), HasSubstr("2 processes share 1 GPU")));
  EXPECT_THAT(rank(shared, 1), AllOf(HasSubstr("rank 1: GPU 0 "), HasSubstr("LOCAL_RANK=1\n")));
  EXPECT_THAT(rank(run("--nproc-per-node 2 --isolate-devices", "", "-- true"), 1),
              AllOf(HasSubstr("CUDA_VISIBLE_DEVICES=0\n"), HasSubstr("LOCAL_RANK=0\n")));
  EXPECT_EQ(run("--nproc-per-node 2").exit_code, 3) << "the trainer has one process on each GPU";
  EXPECT_EQ(run("--device 0 --nproc-per-node 2").exit_code, 2);
  EXPECT_EQ(run("--device cpu:2 --nproc-per-node 3", "", "-- true").exit_code, 2);
  testing::install_machine("");
  EXPECT_THAT(run("--device auto --nproc-per-node 3", "", "-- true").out,
              HasSubstr("processes  3\n"));
}

TEST_F(DryRun, WarnsOfTwoInstancesOfOneGpu) {
  testing::install_machine(std::string(testing::kIdle3090) + testing::kSplitH100);
  const auto warning =
      HasSubstr("MIG-11111111-aaaa, MIG-22222222-bbbb are MIG instances of one GPU (");
  for (const char* command : {"", "-- true"}) {
    EXPECT_THAT(run("--device MIG-1111,MIG-2222", "", command).out, warning);
    EXPECT_THAT(run("--device all", "", command).out, warning);
    EXPECT_THAT(run("--device MIG-2222,0", "", command).out,
                Not(HasSubstr("instances of one GPU")));
  }
  EXPECT_THAT(run("--device MIG-1111,MIG-2222 --nproc-per-node 1", "", "-- true").out,
              Not(HasSubstr("instances of one GPU")));
}

TEST_F(DryRun, WhatTheUserSetForCudaAndNcclIsKept) {
  testing::install_machine(testing::kIdle3090);
  const ShellResult result = run("--device 0",
                                 "CUDA_DEVICE_ORDER=FASTEST_FIRST "
                                 "TORCH_NCCL_DUMP_ON_TIMEOUT=0 TORCH_FR_DUMP_TEMP_FILE=/own- "
                                 "GLOO_SOCKET_IFNAME=eth9",
                                 "-- true");
  EXPECT_THAT(rank(result, 0), AllOf(HasSubstr("CUDA_DEVICE_ORDER=FASTEST_FIRST\n"),
                                     HasSubstr("TORCH_NCCL_DUMP_ON_TIMEOUT=0\n"),
                                     HasSubstr("TORCH_FR_DUMP_TEMP_FILE=/own-\n"),
                                     HasSubstr("GLOO_SOCKET_IFNAME=eth9\n")));
}

TEST_F(DryRun, PlansProcessesOnTheCpu) {
  const ShellResult result = run("--device cpu:4", "OMP_NUM_THREADS=3");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("devices    CPU"));
  EXPECT_THAT(rank(result, 3),
              AllOf(HasSubstr("CUDA_VISIBLE_DEVICES=\n"), HasSubstr("OMP_NUM_THREADS=3\n"),
                    HasSubstr("dplaunch-worker-cpu --run-dir")));
}

TEST_F(DryRun, WarnsWhereABrokenDriverLeavesANumberOfProcessesTheCpu) {
  testing::install_machine("init_error 9\n");
  const ShellResult result = run("--nproc-per-node 2");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("no GPU, the CPU is used: "));
  EXPECT_THAT(run("--nproc-per-node cpu").out, Not(HasSubstr("no GPU")));
}

TEST_F(DryRun, PassesTheNumberOfStepsToTraceOn) {
  EXPECT_THAT(rank(run("--device cpu:2 --trace"), 1), HasSubstr(" --trace 3\n"));
  EXPECT_THAT(rank(run("--device cpu:2 --trace=20"), 1), HasSubstr(" --trace 20\n"));
  EXPECT_THAT(run("--device cpu:2").out, Not(HasSubstr("--trace")));
}

TEST_F(DryRun, ShowsTheCoresOfEachRank) {
  const ShellResult bound = run("--device cpu:2", "HWLOC_SYNTHETIC='numa:2 core:1 pu:1'");
  EXPECT_THAT(rank(bound, 0), HasSubstr("rank 0: CPU\n  cores: 0 (NUMA node 0)\n"));
  EXPECT_THAT(rank(bound, 1), HasSubstr("\n  cores: 1 (NUMA node 1)\n"));
  const ShellResult unbound = run("--device cpu:2", "HWLOC_SYNTHETIC='numa:1 core:2 pu:1'");
  EXPECT_THAT(rank(unbound, 1), HasSubstr("\n  cores: not bound\n"));
}

TEST_F(DryRun, FindsTheCoresNearEachGpuByItsPciId) {
  testing::install_machine(std::string(testing::kIdle3090) + testing::kIdle3090);
  // GPU 0 is on the second node.
  const ShellResult result = run("--device all", "HWLOC_XMLFILE='" TWO_CORES_TWO_GPUS "'");
  EXPECT_THAT(rank(result, 0), HasSubstr("\n  cores: 1 (NUMA node 1, near the GPU)\n"));
  EXPECT_THAT(rank(result, 1), HasSubstr("\n  cores: 0 (NUMA node 0, near the GPU)\n"));
}

TEST_F(DryRun, AutoFallsBackToTheCpu) {
  const ShellResult result = run("", "DPLAUNCH_NVML_LIBRARY=libno-such-nvml.so.1");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("devices    CPU"));
}

TEST_F(DryRun, AutoSaysWhenAMaskLeavesTheCpu) {
  testing::install_machine(testing::idle_gpus(2));
  for (const char* mask : {"7", "-1", "NoDevFiles", "", "1,1"}) {
    const std::string set = "CUDA_VISIBLE_DEVICES='" + std::string(mask) + "'";
    for (const char* arguments : {"", "--nproc-per-node 2", "--nproc-per-node auto"}) {
      const ShellResult result = run(arguments, set);
      EXPECT_EQ(result.exit_code, 0) << set << ' ' << arguments << result.err;
      EXPECT_THAT(result.out,
                  HasSubstr("warning    no GPU, the CPU is used: CUDA_VISIBLE_DEVICES="))
          << set << ' ' << arguments;
    }
    const ShellResult named = run("--device 0", set);
    EXPECT_EQ(named.exit_code, 3) << set;
    EXPECT_THAT(named.err, HasSubstr("hides 2 of 2 GPUs")) << set;
  }
}

TEST_F(DryRun, ABrokenDriverIsTheReasonWhateverTheMask) {
  testing::install_machine("init_error 18\n");
  const std::string mask = "CUDA_VISIBLE_DEVICES=0";
  EXPECT_THAT(run("", mask).out, HasSubstr("warning    no GPU, the CPU is used: "));
  const ShellResult named = run("--device 0", mask);
  EXPECT_EQ(named.exit_code, 3);
  EXPECT_THAT(named.err, AllOf(HasSubstr("Driver/library version mismatch"), HasSubstr("reboot"),
                               Not(HasSubstr("CUDA_VISIBLE_DEVICES"))));
}

TEST_F(DryRun, AutoSaysWhenABrokenDriverLeavesTheCpu) {
  testing::install_machine("init_error 9\n");
  const ShellResult result = run("");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("warning    no GPU, the CPU is used: "));
  EXPECT_THAT(result.out, HasSubstr("Driver Not Loaded"));
}

TEST_F(DryRun, ALostGpuCanBeLeftOutAsTheHintSays) {
  testing::install_machine(std::string(testing::kIdle3090) + testing::kLostGpu);
  const ShellResult refused = run("--device all");
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.err, HasSubstr("--device 'all,!1' leaves it out"));
  EXPECT_THAT(run("--device 'all,!1'").out, HasSubstr("total batch 256 x 1 = 256"));
}

TEST_F(DryRun, MakesNothingAndOnlyWarnsOfWhatIsMissing) {
  testing::install_machine(testing::kIdle3090);
  const ShellResult result =
      run("--device all --name mine --root nowhere", "DPLAUNCH_WORKER=/no/such/worker");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("\nwarning    nowhere: no such data folder; dplaunch data"),
                    HasSubstr("\nwarning    DPLAUNCH_WORKER=/no/such/worker"),
                    HasSubstr("/no/such/worker --run-dir ./runs/mine\n")));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(DryRun, GoesOnWithARunInEachSpellingOfResume) {
  folder_.write("runs/mine/config.resolved.yml", "epochs: 7\nname: mine\n");
  folder_.write("runs/mine/checkpoints/latest.safetensors", "x");
  for (const char* spelling : {"--resume=mine", "--resume mine", "--resume=runs/mine", "--resume",
                               "--resume --name mine"}) {
    const ShellResult result = run(std::string("--device cpu ") + spelling);
    EXPECT_EQ(result.exit_code, 0) << spelling << result.err;
    EXPECT_THAT(result.out, AllOf(HasSubstr("runs/mine (resumed)"), HasSubstr("7 epochs")))
        << spelling;
    EXPECT_THAT(rank(result, 0), HasSubstr("runs/mine --resume\n")) << spelling;
  }
  EXPECT_THAT(run("--device cpu --name mine").out, HasSubstr("exists; it would need --resume"));
}

TEST_F(DryRun, AnnouncesSyntheticDataLoudly) {
  folder_.write_data_set(1000, 10);
  const ShellResult result = run("--device cpu --root data");
  EXPECT_THAT(result.out, AllOf(HasSubstr("1000 training images"), HasSubstr("SYNTHETIC DATA")));
  EXPECT_THAT(run("--device cpu --root nowhere").out, Not(HasSubstr("SYNTHETIC")));
}

TEST_F(DryRun, ADeviceThatDoesNotExistStaysAnError) {
  testing::install_machine(testing::kIdle3090);
  const ShellResult result = run("--device 0,1");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, AllOf(HasSubstr("GPU 1 does not exist"), HasSubstr("RTX 3090")));
}

}  // namespace
}  // namespace dplaunch
