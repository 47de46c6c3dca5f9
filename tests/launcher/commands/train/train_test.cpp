// Whole launches, with programs of the system in the worker's place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/support/run_program.h"

namespace dplaunch {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::ShellResult;
using ::testing::StartsWith;

class Launch : public ::testing::Test {
 protected:
  void SetUp() override { folder_.write_data_set(100, 10); }

  ShellResult run(const std::string& worker, const std::string& arguments,
                  const std::string& place = ".") const {
    return testing::run_dplaunch(folder_.path() / place, "--device cpu:2 " + arguments,
                                 "DPLAUNCH_WORKER=" + worker);
  }

  std::string content(const std::string& path) const {
    std::ifstream file(folder_ / path);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  testing::TemporaryFolder folder_;
  const std::string new_run_ = "--root data --set bsize=10 --name 'my run'";
};

TEST_F(Launch, SaysAtTheEndWhereTheResultsAre) {
  const ShellResult result = run("/bin/true", new_run_);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("total batch 10 x 2 = 20\n"));
  EXPECT_THAT(result.out, EndsWith("dplaunch: finished; everything is in ./runs/my run\n"));
}

TEST_F(Launch, BindsEachRankAsLaunchJsonSays) {
  folder_.write("worker.sh", "#!/bin/sh\nexec grep Cpus_allowed_list /proc/self/status\n");
  std::filesystem::permissions(folder_ / "worker.sh", std::filesystem::perms::owner_all);
  const ShellResult result =
      run((folder_ / "worker.sh").string() + " HWLOC_SYNTHETIC='numa:2 core:1 pu:1'", new_run_);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(content("runs/my run/rank-0.log"), HasSubstr("Cpus_allowed_list:\t0\n"));
  EXPECT_THAT(content("runs/my run/rank-1.log"), HasSubstr("Cpus_allowed_list:\t1\n"));
  const auto plan = nlohmann::json::parse(content("runs/my run/launch.json"));
  EXPECT_EQ(plan["ranks"][1]["bound_to"],
            (nlohmann::json{{"cpus", "1"}, {"numa_nodes", {1}}, {"near_gpu", false}}));
}

TEST_F(Launch, SaysHowToGoOnAfterAFailure) {
  const ShellResult result = run("/bin/false", new_run_);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, StartsWith("dplaunch: error: rank "));
  const std::string command = "dplaunch --device cpu:2 --resume='./runs/my run'\n";
  EXPECT_THAT(result.err, EndsWith("no checkpoint yet; to start it again: " + command));
  folder_.write("runs/my run/checkpoints/epoch-0003.safetensors", "x");
  std::filesystem::create_symlink("epoch-0003.safetensors",
                                  folder_ / "runs/my run/checkpoints/latest.safetensors");
  EXPECT_THAT(run("/bin/false", "--resume='my run'").err,
              EndsWith("to go on from epoch-0003: " + command));
}

TEST_F(Launch, ResumesFromAnotherFolder) {
  run("/bin/true", new_run_);
  std::filesystem::create_directory(folder_ / "elsewhere");
  const ShellResult result = run("/bin/true", "--resume='../runs/my run'", "elsewhere");
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST_F(Launch, RefusesAnotherModelAndKeepsTheRunAsItWas) {
  run("/bin/true", new_run_);
  folder_.write("runs/my run/checkpoints/latest.safetensors", "x");
  const std::string before = content("runs/my run/config.resolved.yml");
  EXPECT_EQ(run("/bin/true", "--resume='my run' --set width=16").exit_code, 7);
  EXPECT_EQ(content("runs/my run/config.resolved.yml"), before);
  EXPECT_EQ(run("/bin/true", "--resume='my run'").exit_code, 0);
}

TEST_F(Launch, StartsNothingForAFinishedRun) {
  run("/bin/true", new_run_);
  folder_.write("runs/my run/checkpoints/latest.safetensors", "x");
  folder_.write("runs/my run/summary.json", R"({"epochs": 50, "steps": 250})");
  const ShellResult result = run("/bin/false", "--resume='my run'");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("nothing to do: ./runs/my run is finished (epochs 50)"));
  EXPECT_EQ(run("/bin/false", "--resume='my run' --set epochs=51").exit_code, 1);
}

TEST_F(Launch, ANameThatIsTooLongIsReportedAsThat) {
  const ShellResult result =
      run("/bin/true", "--root data --set bsize=10 --name " + std::string(300, 'a'));
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_THAT(result.err, HasSubstr("choose a shorter name with --name"));
}

}  // namespace
}  // namespace dplaunch
