#include "launcher/runs/claim_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

#include "launcher/plan/make_plan.h"
#include "launcher/runs/choose_run.h"
#include "launcher/runs/launch_record.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

using ::testing::AllOf;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr std::time_t kNow = 1'700'000'000;

class RunFolderTest : public ::testing::Test {
 protected:
  ChosenRun new_run(const std::string& name, const std::string& runs = "") const {
    return choose_run({std::nullopt,
                       {{"runs", runs.empty() ? (folder_ / "runs").string() : runs, "--set"},
                        {"name", name, "--name"}}});
  }

  testing::TemporaryFolder folder_;
};

TEST_F(RunFolderTest, IsMadeWithTheGivenName) {
  ChosenRun chosen = new_run("mine");
  EXPECT_EQ(claim_run_folder(place_of(chosen), kNow).folder.root(), folder_ / "runs/mine");
  EXPECT_TRUE(std::filesystem::is_directory(folder_ / "runs/mine"));
}

TEST_F(RunFolderTest, IsNamedAfterTheModelAndTheTime) {
  ChosenRun first = new_run("");
  ChosenRun second = new_run("");
  ChosenRun third = new_run("");
  EXPECT_EQ(expected_run_folder(place_of(first), kNow).root().parent_path(), folder_ / "runs");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "runs")) << "looking makes nothing";
  const auto claimed_name = [](const ChosenRun& run) {
    return claim_run_folder(place_of(run), kNow).folder.root().filename().string();
  };
  const std::string name = claimed_name(first);
  EXPECT_THAT(name, MatchesRegex("resnet18-[0-9]{8}-[0-9]{6}"));
  EXPECT_EQ(claimed_name(second), name + "-2");
  EXPECT_EQ(claimed_name(third), name + "-3");
}

TEST_F(RunFolderTest, NeverTakesANameThatExists) {
  folder_.write("runs/mine/rank-0.log", "precious");
  folder_.write("runs/mine/config.resolved.yml", "");
  ChosenRun chosen = new_run("mine");
  EXPECT_THAT(error_of(ExitCode::kUsage, [&] { claim_run_folder(place_of(chosen), kNow); }),
              AllOf(HasSubstr("this run exists"), HasSubstr("--resume"), HasSubstr("--name")));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "runs/mine/rank-0.log"));
}

TEST_F(RunFolderTest, SaysThatItCannotBeMade) {
  folder_.write("file", "");
  ChosenRun below_a_file = new_run("mine", (folder_ / "file/runs").string());
  EXPECT_THAT(error_of(ExitCode::kStorage, [&] { claim_run_folder(place_of(below_a_file), kNow); }),
              AllOf(HasSubstr("file/runs"), HasSubstr("Not a directory")));
  ChosenRun in_proc = new_run("mine", "/proc");  // refuses even root
  EXPECT_THAT(error_of(ExitCode::kStorage, [&] { claim_run_folder(place_of(in_proc), kNow); }),
              AllOf(HasSubstr("/proc/mine"), HasSubstr("--log-dir DIR")));
}

TEST_F(RunFolderTest, BelongsToOneLauncherAtATime) {
  ChosenRun chosen = new_run("mine");
  std::optional<ClaimedRun> claimed = claim_run_folder(place_of(chosen), kNow);
  chosen.resumed = claimed->folder;
  EXPECT_THAT(error_of(ExitCode::kUsage, [&] { claim_run_folder(place_of(chosen), kNow); }),
              HasSubstr("another dplaunch is running"));
  claimed.reset();
  EXPECT_NO_THROW(claim_run_folder(place_of(chosen), kNow));
}

TEST_F(RunFolderTest, KeepsWhatIsInItWhenItIsResumed) {
  folder_.write("runs/mine/rank-1.log", "log");
  ChosenRun chosen = new_run("mine");
  chosen.resumed = RunFolder(folder_ / "runs/mine");
  claim_run_folder(place_of(chosen), kNow);
  EXPECT_EQ(expected_run_folder(place_of(chosen), kNow).root(), folder_ / "runs/mine");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "runs/mine/rank-1.log"));
}

TEST_F(RunFolderTest, RecordsConfigurationAndPlan) {
  ChosenRun chosen = new_run("mine");
  chosen.resolved.config.epochs = 9;
  const ClaimedRun claimed = claim_run_folder(place_of(chosen), kNow);
  Gpu gpu;
  gpu.uuid = "GPU-a";
  PlanInputs inputs{{{gpu}, 0, {}}, claimed.folder};
  inputs.argv = {"/bin/worker-\xff", "--run-dir"};  // a path may hold any bytes
  const LaunchPlan plan = make_plan(inputs);
  write_config(claimed.folder, chosen.resolved.config);
  write_launch_record(plan, {{"dplaunch", "--device", "0"}, "555.1", 4, kNow});

  const Config written = load_config(claimed.folder.config(), {}).config;
  EXPECT_EQ(written, chosen.resolved.config);
  std::ifstream file(claimed.folder.launch());
  const auto launch = nlohmann::json::parse(file);
  EXPECT_EQ(launch["command_line"], (std::vector<std::string>{"dplaunch", "--device", "0"}));
  EXPECT_EQ(launch["started"], "2023-11-14T22:13:20Z");
  EXPECT_EQ(launch["driver_version"], "555.1");
  EXPECT_EQ(launch["ranks"][0]["gpu"]["uuid"], "GPU-a");
  EXPECT_EQ(launch["ranks"][0]["environment"]["CUDA_VISIBLE_DEVICES"], "GPU-a");
  EXPECT_EQ(launch["ranks"][0]["environment"]["WORLD_SIZE"], "1");
  EXPECT_EQ(launch["ranks"][0]["argv"][1], "--run-dir");
}

}  // namespace
}  // namespace dplaunch
