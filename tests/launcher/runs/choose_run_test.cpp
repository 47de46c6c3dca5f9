#include "launcher/runs/choose_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <utility>

#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ChooseRun : public ::testing::Test {
 protected:
  std::string runs() const { return (folder_ / "runs").string(); }

  /// A run of that name with its own configuration; its checkpoint is `age` old, or missing.
  void make_run(const std::string& name, const std::string& yaml,
                std::optional<std::chrono::hours> age = std::nullopt) const {
    folder_.write("runs/" + name + "/config.resolved.yml", yaml);
    if (!age) return;
    const auto file = folder_.write("runs/" + name + "/checkpoints/latest.safetensors", "x");
    std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() - *age);
  }

  RunRequest resume(const std::string& run, std::vector<Override> overrides = {}) const {
    overrides.insert(overrides.begin(), {"runs", runs(), "--set"});
    return {std::nullopt, std::move(overrides), true, run};
  }

  testing::TemporaryFolder folder_;
};

TEST_F(ChooseRun, AppliesTheOverridesInTheirOrder) {
  const auto file = folder_.write("a.yml", "epochs: 3\nbsize: 8\n");
  const ChosenRun chosen = choose_run(
      {file, {{"bsize", "16", "--set"}, {"root", "/a", "--set"}, {"root", "/b", "--root"}}});
  EXPECT_EQ(chosen.resolved.config.epochs, 3);
  EXPECT_EQ(chosen.resolved.config.bsize, 16);
  EXPECT_EQ(chosen.resolved.config.root, "/b");
  EXPECT_EQ(chosen.resolved.origin.at("root"), "--root");
  EXPECT_FALSE(chosen.resumed);
}

TEST_F(ChooseRun, ResumesANamedRunWithItsOwnConfiguration) {
  make_run("mine", "epochs: 7\nname: mine\n", std::chrono::hours(1));
  const ChosenRun chosen = choose_run(resume("mine", {{"lr", "0.5", "--set"}}));
  ASSERT_TRUE(chosen.resumed);
  EXPECT_EQ(chosen.resumed->root(), folder_ / "runs/mine");
  EXPECT_EQ(chosen.resolved.config.epochs, 7);
  EXPECT_EQ(chosen.resolved.config.lr, 0.5);
  EXPECT_EQ(chosen.resolved.config.name, "mine");
  EXPECT_TRUE(chosen.has_checkpoint);
  EXPECT_FALSE(chosen.is_finished);
  EXPECT_THAT(choose_run(resume("mine")).notes, IsEmpty());
}

TEST_F(ChooseRun, ResumesARunByItsPath) {
  make_run("mine", "epochs: 7\n", std::chrono::hours(1));
  for (const std::string& path : {runs() + "/mine", runs() + "/mine/"}) {
    const ChosenRun chosen = choose_run({std::nullopt, {}, true, path});
    EXPECT_EQ(chosen.resolved.config.runs, runs()) << path;
    EXPECT_EQ(chosen.resolved.config.name, "mine") << path;
    EXPECT_TRUE(chosen.has_checkpoint) << path;
  }
}

TEST_F(ChooseRun, WithoutANameTakesTheNewestCheckpoint) {
  make_run("old", "epochs: 1\n", std::chrono::hours(9));
  make_run("new", "epochs: 2\n", std::chrono::hours(1));
  make_run("older", "epochs: 3\n", std::chrono::hours(20));
  make_run("without-checkpoint", "epochs: 4\n");
  EXPECT_EQ(choose_run(resume("")).resolved.config.epochs, 2);
}

TEST_F(ChooseRun, TakesTheConfiguredName) {
  make_run("old", "epochs: 1\n", std::chrono::hours(9));
  make_run("new", "epochs: 2\n", std::chrono::hours(1));
  EXPECT_EQ(choose_run(resume("", {{"name", "old", "--name"}})).resolved.config.epochs, 1);
}

TEST_F(ChooseRun, SaysThatThereIsNoCheckpointYet) {
  make_run("mine", "epochs: 7\n");
  const ChosenRun chosen = choose_run(resume("mine"));
  EXPECT_TRUE(chosen.resumed);
  EXPECT_FALSE(chosen.has_checkpoint);
  EXPECT_THAT(chosen.notes, ElementsAre(HasSubstr("starting from the beginning")));
}

TEST_F(ChooseRun, ARunThatDoesNotExistIsAnErrorWithoutAConfiguration) {
  EXPECT_THAT(error_of(ExitCode::kUsage, [&] { choose_run(resume("gone")); }),
              AllOf(HasSubstr("runs/gone: no such run"), HasSubstr("-c FILE")));
  EXPECT_THAT(error_of(ExitCode::kUsage, [&] { choose_run(resume("")); }),
              HasSubstr("no run below"));
}

TEST_F(ChooseRun, ARunThatDoesNotExistIsStartedWithAConfiguration) {
  RunRequest request = resume("fresh");
  request.config_file = folder_.write("a.yml", "epochs: 3\n");
  const ChosenRun chosen = choose_run(request);
  EXPECT_FALSE(chosen.resumed);
  EXPECT_EQ(chosen.resolved.config.name, "fresh");
  EXPECT_EQ(chosen.resolved.config.epochs, 3);
  EXPECT_THAT(chosen.notes, ElementsAre(HasSubstr("starting a new one")));
}

TEST_F(ChooseRun, APathIntoARunNamesTheRun) {
  make_run("mine", "epochs: 7\n", std::chrono::hours(1));
  for (const char* inside : {"/mine/checkpoints", "/mine/checkpoints/latest.safetensors"}) {
    EXPECT_THAT(error_of(ExitCode::kUsage, [&] { choose_run(resume(runs() + inside)); }),
                HasSubstr("did you mean --resume=" + runs() + "/mine?"));
  }
}

TEST_F(ChooseRun, ACheckpointOfAnotherModelIsRefusedBeforeAnythingIsWritten) {
  make_run("mine", "model: resnet20\nwidth: 8\n", std::chrono::hours(1));
  EXPECT_THAT(
      error_of(ExitCode::kStorage,
               [&] {
                 choose_run(resume("mine", {{"width", "16", "--set"}}));
               }),
      AllOf(HasSubstr("mine/checkpoints/latest.safetensors: a checkpoint of another model"),
            HasSubstr("width is 8, but width is 16 now (--set)"), HasSubstr("--set width=8")));
  RunRequest with_file = resume("mine");
  with_file.config_file = folder_.write("a.yml", "epochs: 3\n");
  EXPECT_THAT(error_of(ExitCode::kStorage, [&] { choose_run(with_file); }),
              HasSubstr("a checkpoint of model resnet20, but model is resnet18 now (default)"));
}

TEST_F(ChooseRun, SaysWhatHasChanged) {
  make_run("mine", "epochs: 7\nroot: /elsewhere\n", std::chrono::hours(1));
  const ChosenRun chosen = choose_run(
      resume("mine", {{"epochs", "9", "--set"}, {"lr", "0.5", "--set"}, {"root", "/b", "--root"}}));
  EXPECT_THAT(chosen.notes, ElementsAre("changed since the run's last start: epochs 7 -> 9, "
                                        "lr 0.001 -> 0.5"));
}

struct Summary {
  const char* json;
  const char* key;  ///< what is asked for
  const char* value;
  bool is_finished;
};

class FinishedRun : public ChooseRun, public ::testing::WithParamInterface<Summary> {};

TEST_P(FinishedRun, IsKnownByItsSummary) {
  make_run("mine", "epochs: 4\n", std::chrono::hours(1));
  folder_.write("runs/mine/summary.json", GetParam().json);
  const RunRequest request = resume("mine", {{GetParam().key, GetParam().value, "--set"}});
  EXPECT_EQ(choose_run(request).is_finished, GetParam().is_finished);
}

INSTANTIATE_TEST_SUITE_P(
    ChooseRun, FinishedRun,
    ::testing::Values(Summary{R"({"epochs": 4, "steps": 9})", "epochs", "4", true},
                      Summary{R"({"epochs": 4, "steps": 9})", "epochs", "5", false},
                      Summary{R"({"epochs": 2, "steps": 9})", "max_steps", "9", true},
                      Summary{R"({"epochs": 2, "steps": 9})", "max_steps", "10", false},
                      Summary{R"({"epochs": "4"})", "epochs", "4", false},
                      Summary{"not json", "epochs", "4", false},
                      Summary{"", "epochs", "4", false}));

TEST_F(ChooseRun, AFolderThatIsNoRunIsRefused) {
  folder_.write("runs/photos/cat.jpg", "x");
  EXPECT_THAT(error_of(ExitCode::kUsage, [&] { choose_run(resume("photos")); }),
              HasSubstr("is not a run"));
}

}  // namespace
}  // namespace dplaunch
