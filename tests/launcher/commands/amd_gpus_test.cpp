// The real launcher on a machine of AMD GPUs, which the stand-in for ROCm SMI describes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/launcher/devices/amd_machine.h"
#include "tests/launcher/devices/fake_machine.h"
#include "tests/support/dry_run.h"
#include "tests/support/run_program.h"

namespace dplaunch {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ShellResult;

class AmdGpus : public ::testing::Test {
 protected:
  ShellResult run(const std::string& arguments, const std::string& environment = "") const {
    return testing::run_dplaunch(folder_.path(), arguments, environment);
  }

  testing::TemporaryFolder folder_;
  testing::AmdMachine machine_{testing::kFourMi300x};
};

TEST_F(AmdGpus, RanksAreGivenHipsNumbers) {
  struct Case {
    const char* arguments;
    const char* environment;
    const char* masks;
  };
  for (const Case& c : {
           Case{"--device all", "", "- - - -"},
           Case{"", "", "1,2,3 1,2,3 1,2,3"},  // auto: 0 is busy
           Case{"--device auto:2", "", "1,2 1,2"},
           Case{"--device 'all,!0'", "", "1,2,3 1,2,3 1,2,3"},
           Case{"--device 3,1", "", "3,1 3,1"},
           Case{"--device hip:3", "", ""},
           Case{"--device GPU-c1f2", "", "0"},
           Case{"--device 3,1 --isolate-devices", "", "3 1"},
           Case{"--device all", "HIP_VISIBLE_DEVICES=3,1", "3,1 3,1"},
           Case{"--device 1", "HIP_VISIBLE_DEVICES=3,1", "1"},
           Case{"--device 1", "ROCR_VISIBLE_DEVICES=3,1", "1"},
           Case{"--device 0", "ROCR_VISIBLE_DEVICES=GPU-c1f2e3d4a5b69788", "0"},
           Case{"--device 1", "ROCR_VISIBLE_DEVICES=3,2,1 HIP_VISIBLE_DEVICES=0,2", "2"},
           Case{"--nproc-per-node 2", "HIP_VISIBLE_DEVICES=3,1", "- -"},  // inherited
           Case{"--device cpu:2", "", "-1 -1"},
       }) {
    const ShellResult result = run(std::string(c.arguments) + " --dry-run -- true", c.environment);
    EXPECT_EQ(testing::values_in_ranks(result, "HIP_VISIBLE_DEVICES"), c.masks)
        << c.environment << ' ' << c.arguments << result.err;
    EXPECT_EQ(result.out.find("\n  ROCR_VISIBLE_DEVICES="), std::string::npos) << "it is inherited";
    EXPECT_EQ(result.out.find("CUDA_DEVICE_ORDER"), std::string::npos);
  }
}

TEST_F(AmdGpus, AMaskInTheOtherVariableIsKeptAlike) {
  const ShellResult result = run("--device 1 --dry-run -- true", "CUDA_VISIBLE_DEVICES=3,1");
  EXPECT_EQ(testing::values_in_ranks(result, "HIP_VISIBLE_DEVICES"), "1") << result.err;
  EXPECT_EQ(testing::values_in_ranks(result, "CUDA_VISIBLE_DEVICES"), "1");
  EXPECT_THAT(result.out, HasSubstr("CUDA_VISIBLE_DEVICES=\"3,1\" hides 2 of 4 GPUs"));
  EXPECT_EQ(testing::values_in_ranks(run("--device 1 --dry-run -- true"), "CUDA_VISIBLE_DEVICES"),
            "-");
}

TEST_F(AmdGpus, ACommandRuns) {
  const ShellResult result =
      run("--device 3,1 --show all -- sh -c 'echo sees $HIP_VISIBLE_DEVICES as $LOCAL_RANK'");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("sees 3,1 as 0"), HasSubstr("sees 3,1 as 1")));
}

TEST_F(AmdGpus, AreShown) {
  EXPECT_THAT(
      run("devices", "ROCR_VISIBLE_DEVICES=0,2,3 HIP_VISIBLE_DEVICES=2,0").out,
      AllOf(HasSubstr("AMD driver 6.8.5\n\n"
                      "GPU  PHYS  NAME             UUID          UTIL     MEM GiB  POWER W  TEMP  "
                      "STATE\n"
                      "  0     3  Instinct MI300X  GPU-00000000    0%   0.3/191.7        -     -  "
                      "idle\n"
                      "  1     0  Instinct MI300X  GPU-c1f2e3d4   97%  95.7/191.7  612/750   71C  "
                      "busy\n"
                      "  -     1  "),
            HasSubstr("ROCR_VISIBLE_DEVICES=\"0,2,3\", and in that HIP_VISIBLE_DEVICES=\"2,0\" is\n"
                      "inherited"),
            HasSubstr("\n  GPU 1 = physical 0 = GPU-c1f2e3d4a5b69788\n")));
  const json shown = json::parse(run("devices --json --device all", "HIP_VISIBLE_DEVICES=1").out);
  EXPECT_EQ(shown["vendor"], "AMD");
  EXPECT_EQ(shown["inherited_masks"], json({{"HIP_VISIBLE_DEVICES", "1"}}));
  EXPECT_EQ(shown["asked"]["gpus"][0]["uuid"], "GPU-00000000000000b4");
}

TEST_F(AmdGpus, AWrongNumberIsRefused) {
  const ShellResult result = run("--device 4 -- true", "ROCR_VISIBLE_DEVICES=0,1");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, AllOf(HasSubstr("GPU 4 does not exist"),
                                HasSubstr("numbers are those "
                                          "of HIP"),
                                HasSubstr("with ROCR_VISIBLE_DEVICES they are places")));
}

TEST_F(AmdGpus, TheTrainerIsRefused) {
  for (const char* arguments : {"--device all", "--device 1", "bench comm --device 0,1"}) {
    const ShellResult result = run(arguments);
    EXPECT_EQ(result.exit_code, 127) << arguments << result.out;
    EXPECT_THAT(result.err,
                AllOf(HasSubstr("dplaunch's trainer does not run on an AMD GPU"),
                      HasSubstr("dplaunch -- python train.py"), HasSubstr("--device cpu:2")));
  }
  EXPECT_THAT(run("--device 1 --dry-run").out,
              HasSubstr("warning    dplaunch's trainer does not run on an AMD GPU"));
}

TEST_F(AmdGpus, TheDoctorLooksAtThem) {
  const ShellResult result = run("doctor --device all", "HIP_VISIBLE_DEVICES=");
  EXPECT_THAT(result.out, AllOf(HasSubstr("driver: AMD driver 6.8.5"),
                                HasSubstr("HIP_VISIBLE_DEVICES is set, but empty")));
  EXPECT_THAT(run("doctor").out,
              AllOf(HasSubstr("GPU 0 (physical) is busy: 97% utilised"),
                    HasSubstr("--device: auto takes GPU 1, 2, 3"),
                    HasSubstr("trainer does not run on an AMD GPU"), Not(HasSubstr("nvidia"))));
}

TEST_F(AmdGpus, ALibraryThatDoesNotAnswerIsToBeMended) {
  const testing::AmdMachine machine("init_error 8\n");
  const ShellResult refused = run("--device 0 -- true");
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("it answered: An error occurred during initialization"),
                                 HasSubstr("rocm-smi must work first")));
  EXPECT_THAT(run("--device auto -- true").err, HasSubstr("no GPU, the CPU is used: "));
  EXPECT_THAT(run("doctor --device 0").out, HasSubstr("FAIL  driver: "));
}

TEST_F(AmdGpus, ALibraryWithoutTheKernelsDriverIsNotAsked) {
  std::filesystem::create_symlink(FAKE_ROCM_SMI_LIBRARY, folder_ / "librocm_smi64.so.1");
  const json shown =
      json::parse(run("devices --json",
                      "-u DPLAUNCH_ROCM_SMI_LIBRARY LD_LIBRARY_PATH=" + folder_.path().string())
                      .out);
  const bool has_driver = std::filesystem::exists("/sys/module/amdgpu");
  EXPECT_EQ(shown["gpus"].size(), has_driver ? 4U : 0U) << shown;
}

TEST_F(AmdGpus, BesideNvidiasAreLeftAloneAndItIsSaid) {
  testing::install_machine(testing::kIdle3090);
  const ShellResult result = run("--device all --dry-run -- true");
  const char* note = "4 AMD GPUs are not used: where there are GPUs of both makers, NVIDIA's are";
  EXPECT_THAT(result.out, AllOf(HasSubstr("GPU 0 NVIDIA GeForce RTX 3090"), HasSubstr(note),
                                Not(HasSubstr("HIP_VISIBLE_DEVICES"))));
  EXPECT_THAT(run("devices").out, HasSubstr(note));
}

}  // namespace
}  // namespace dplaunch
