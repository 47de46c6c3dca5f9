// The live view as it looks: widths, many ranks, nothing known yet, the end.
#include "launcher/view/live_view.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "base/text/terminal_text.h"

namespace dplaunch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr TextStyle kPlain{false, false};

RunView training(int ranks) {
  RunView run;
  run.now_ns = 100 * kSecondNs;
  run.pace.images_per_step = 256;
  for (int rank = 0; rank < ranks; ++rank) {
    RankStatus status;
    status.phase = Phase::kTraining;
    status.activity = Activity::kBackward;
    status.epoch = 11;
    status.epochs = 50;
    status.step = 131;
    status.steps_per_epoch = 196;
    status.updated_ns = run.now_ns - kSecondNs;
    status.loss = 2.3144;
    status.images_per_second = 8312;
    run.ranks.push_back({rank, status, {}});
  }
  return run;
}

RunView training_on_gpus(int ranks) {
  RunView run = training(ranks);
  for (RankView& rank : run.ranks) rank.gpu = GpuUse{11LL << 30, 24LL << 30, 97, ""};
  return run;
}

std::vector<std::string> view_of(const RunView& run, int columns, int rows = 24) {
  return live_view(run, kPlain, {columns, rows});
}

TEST(LiveView, ShowsARankAndBothBars) {
  EXPECT_THAT(
      view_of(training(1), 81),
      ElementsAre(std::string(80, '-'),
                  "[0]  epoch 12/50  step 131/196  8312 images/s  loss 2.3144  backward",
                  "epoch 12/50  ###############################----------------   66%  ETA 0:02",
                  "run          ##########-------------------------------------   23%  ETA 3:51"));
}

TEST(LiveView, ShowsTheGpuWhereThereIsOne) {
  EXPECT_THAT(view_of(training_on_gpus(2), 200)[1],
              "[0]  epoch 12/50  step 131/196  8312 images/s  loss 2.3144  11.0/24.0 GiB  GPU 97%  "
              "backward");
}

TEST(LiveView, LeavesTheLeastImportantOutWhereItIsNarrow) {
  EXPECT_EQ(view_of(training_on_gpus(2), 81)[1],
            "[0]  step 131/196  8312 images/s  loss 2.3144  GPU 97%  backward");
  EXPECT_EQ(view_of(training(2), 41)[1], "[0]  step 131/196  backward");
  EXPECT_EQ(view_of(training(2), 21)[1], "[0]");
  EXPECT_THAT(
      view_of(training(1), 21),
      ElementsAre(std::string(20, '-'), "[0]", "epoch 12/50   66%  E", "run           23%  E"));
}

TEST(LiveView, FitsIntoEveryTerminal) {
  for (const int ranks : {1, 2, 64}) {
    for (int columns = 1; columns <= 220; ++columns) {
      for (const int rows : {1, 2, 3, 5, 8, 24, 60}) {
        for (const TextStyle style : {kPlain, TextStyle{true, true}}) {
          const auto lines = live_view(training_on_gpus(ranks), style, {columns, rows});
          EXPECT_LE(lines.size(), static_cast<std::size_t>(std::max(1, rows / 2)));
          for (const std::string& line : lines) {
            ASSERT_LE(columns_of(line), std::max(1, columns - 1)) << line;
          }
        }
      }
    }
  }
}

/// Of two hosts with as many ranks each; this one is node1.
RunView on_two_hosts(int ranks_each) {
  RunView run = training(2 * ranks_each);
  run.own_host = "node1";
  run.own_index = 1;
  run.other_hosts = {{0, "node0", run.now_ns, {}, "", 0}};
  for (RankView& rank : run.ranks) {
    rank.host_index = rank.rank < ranks_each ? 0 : 1;
    rank.host = rank.host_index == 0 ? "node0" : "node1";
    if (rank.host_index == 1) continue;
    rank.elsewhere = RankProgress{rank.rank, rank.rank, rank.status, {}, 0};
    rank.told_ns = run.now_ns;
  }
  // As RunWatch has them: its own first.
  std::rotate(run.ranks.begin(), run.ranks.begin() + ranks_each, run.ranks.end());
  return run;
}

TEST(LiveView, NamesTheHostsOfAJobOnSeveral) {
  const auto lines = view_of(on_two_hosts(1), 81);
  EXPECT_THAT(lines[1], HasSubstr("[node0:0]  step 131/196"));
  EXPECT_THAT(lines[2], HasSubstr("[node1:1]  step 131/196"));
}

TEST(LiveView, OfManyRanksHasALineForEachHost) {
  const auto lines = view_of(on_two_hosts(64), 101);
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_THAT(lines[1], HasSubstr("[node0:0-63]    epoch 12/50  step 131/196  531968 images/s"));
  EXPECT_THAT(lines[2], HasSubstr("[node1:64-127]  epoch 12/50"));
}

TEST(LiveView, ShowsAHostThatIsLostAndOneThatSaysNothing) {
  RunView run = on_two_hosts(1);
  RankView& other = run.ranks[1];
  other.told_ns = run.now_ns - 61 * kSecondNs;
  other.status->updated_ns = other.told_ns;
  EXPECT_THAT(view_of(run, 121)[1], HasSubstr("no word for 61 s"));
  other.lost = "2026-11-27 02:13:04";
  other.status->step = 0;
  const auto lines = view_of(run, 121);
  EXPECT_THAT(lines[1], HasSubstr("lost since 2026-11-27 02:13:04"));
  EXPECT_THAT(lines[3], HasSubstr("66%")) << "the job's progress is that of the others";
}

TEST(LiveView, SaysHowManyRanksThereAreBesides) {
  const auto lines = view_of(training(64), 81);
  ASSERT_EQ(lines.size(), 12U);
  EXPECT_THAT(lines[8], HasSubstr("[7]"));
  EXPECT_EQ(lines[9], "+ 56 more ranks");
  EXPECT_THAT(view_of(training(8), 81), Not(::testing::Contains(HasSubstr("more"))));
}

TEST(LiveView, ShowsASilentRankBeforeOthers) {
  RunView run = training(64);
  run.ranks[40].status->updated_ns = run.now_ns - 12 * kSecondNs;
  const auto lines = view_of(run, 81);
  EXPECT_THAT(lines[7], HasSubstr("[6]"));
  EXPECT_THAT(lines[8], ::testing::AllOf(HasSubstr("[40]"), HasSubstr("silent for 12 s")));
  EXPECT_EQ(lines[9], "+ 56 more ranks");
}

TEST(LiveView, NeedsAFewRowsOfTheTerminal) {
  EXPECT_THAT(view_of(training(2), 81, 2), IsEmpty());
  EXPECT_THAT(view_of(training(2), 81, 8), ElementsAre(HasSubstr("run ")));
  EXPECT_EQ(view_of(training(2), 81, 10).size(), 5U);
}

TEST(LiveView, TellsNothingBeforeThereIsSomething) {
  RunView run;
  run.ranks = {{0, {}, {}}, {1, {}, {}}};
  EXPECT_THAT(view_of(run, 81), IsEmpty());
  run.ranks[1].status = RankStatus{};
  EXPECT_THAT(view_of(run, 61),
              ElementsAre(std::string(60, '-'), "[0]  no status yet", "[1]  starting",
                          "epoch  ---------------------------------    --  ETA --",
                          "run    ---------------------------------    --  ETA --"));
}

TEST(LiveView, ShowsTheGpusOfACommandThatTellsNothingElse) {
  RunView run;
  run.ranks = {{0, {}, GpuUse{11LL << 30, 24LL << 30, 97, ""}}};
  EXPECT_THAT(view_of(run, 61), ElementsAre(std::string(60, '-'), "[0]  11.0/24.0 GiB  GPU 97%"));
  EXPECT_THAT(view_of(run, 61, 8), IsEmpty());
}

TEST(LiveView, HasNoTimeLeftBeforeASpeedIsMeasured) {
  RunView run = training(1);
  run.ranks[0].status->images_per_second = 0;
  run.ranks[0].status->loss = 0;
  const auto lines = view_of(run, 81);
  EXPECT_THAT(lines[1], HasSubstr("-- images/s  loss --"));
  EXPECT_THAT(lines[2], HasSubstr(" 66%  ETA --"));
}

TEST(LiveView, SaysThatItIsDone) {
  RunView run = training(1);
  run.ranks[0].status->phase = Phase::kFinished;
  run.ranks[0].status->epoch = 50;
  const auto lines = view_of(run, 81);
  EXPECT_THAT(lines[1],
              ::testing::AllOf(HasSubstr("epoch 50/50"), ::testing::EndsWith("finished")));
  EXPECT_THAT(lines[3], HasSubstr("##  100%  done"));
}

TEST(LiveView, EstimatesNothingForARunThatHasEnded) {
  RunView run = training(1);
  run.is_live = false;
  EXPECT_THAT(view_of(run, 81)[3], ::testing::EndsWith("--   23%"));
}

TEST(LiveView, HasColourOnlyIfAsked) {
  RunView run = training(1);
  run.ranks[0].status->loss = std::numeric_limits<double>::quiet_NaN();
  for (const std::string& line : view_of(run, 81)) EXPECT_THAT(line, Not(HasSubstr("\x1b")));
  const auto lines = live_view(run, {true, false}, {81, 24});
  EXPECT_THAT(lines[1], HasSubstr("\x1b[31mloss nan\x1b[0m"));
}

TEST(LiveView, CutsWhatADriverSays) {
  RunView run = training(1);
  run.ranks[0].gpu = GpuUse{0, 0, -1, "GPU is lost\n\x1b[2J"};
  EXPECT_THAT(view_of(run, 101)[1], HasSubstr("  GPU: GPU is lost  backward"));
}

}  // namespace
}  // namespace dplaunch
