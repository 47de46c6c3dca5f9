// What a run's folder reports, as it changes.
#include "launcher/view/run_watch.h"

#include <gmock/gmock.h>

#include <cstdint>

#include "base/monotonic_clock.h"
#include "launcher/view/progress.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

using ::testing::HasSubstr;

class RunWatchTest : public ::testing::Test {
 protected:
  RunView look() { return watch_.look(monotonic_ns(), true); }

  dplaunch::testing::TemporaryFolder folder_;
  RunFolder run_{folder_.path()};
  RunWatch watch_{run_, {{0, 0, ""}, {1, 1, ""}, {7, 99, ""}}, "start"};
};

RankStatus at_step(std::int64_t step) {
  RankStatus status;
  status.phase = Phase::kTraining;
  status.step = step;
  status.steps_per_epoch = 10;
  status.epochs = 2;
  status.images_per_second = 5;
  return status;
}

TEST_F(RunWatchTest, NeedsNoFilesAndSaysThatThereIsNoBoard) {
  EXPECT_EQ(look().ranks.size(), 3U);
  EXPECT_FALSE(look().ranks[0].status);
  EXPECT_THAT(watch_.board_problem(), HasSubstr("status.board"));
}

TEST_F(RunWatchTest, ReadsTheBoardOfEachRestart) {
  StatusBoard first = StatusBoard::create(run_.status_board(), 2);
  EXPECT_FALSE(look().ranks[1].status) << "nothing was written";
  first.write(1, at_step(3));
  EXPECT_EQ(look().ranks[1].status->step, 3);
  EXPECT_FALSE(look().ranks[2].status) << "a slot that the board does not have";
  StatusBoard second = StatusBoard::create(run_.status_board(), 2);
  second.write(1, at_step(4));
  EXPECT_EQ(look().ranks[1].status->step, 4);
  EXPECT_EQ(watch_.board_problem(), "");
}

TEST_F(RunWatchTest, ReadsABoardThatIsDamagedForNone) {
  folder_.write("status.board", "no board");
  EXPECT_FALSE(look().ranks[0].status);
  EXPECT_THAT(watch_.board_problem(), HasSubstr("not a status board"));
}

TEST_F(RunWatchTest, LearnsThePaceFromConfigurationAndMetrics) {
  folder_.write("config.resolved.yml", "bsize: 20\nmax_steps: 15\n");
  EXPECT_EQ(look().pace.images_per_step, 20);
  EXPECT_EQ(look().pace.max_steps, 15);
  EXPECT_EQ(look().pace.seconds_per_epoch, 0);
  folder_.write("metrics.jsonl",
                "{\"epoch\": 1, \"seconds\": 4}\n{\"epoch\": 2, \"seconds\": 8}\n{\"ep");
  EXPECT_EQ(look().pace.seconds_per_epoch, 6);
}

TEST_F(RunWatchTest, TakesNothingFromAConfigurationItDoesNotKnow) {
  folder_.write("config.resolved.yml", "bsize: 20\nno_such_key: 1\n");
  EXPECT_EQ(look().pace.images_per_step, 0);
}

}  // namespace
}  // namespace dplaunch
