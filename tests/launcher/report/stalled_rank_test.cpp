// Which rank holds the others up.
#include "launcher/report/stalled_rank.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace dplaunch {
namespace {

using std::chrono::seconds;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kNow = 1000 * kSecond;

RankSign sign(int rank, Phase phase, std::int64_t epoch, std::int64_t step, Activity activity,
              std::int64_t silent_s) {
  RankSign made;
  made.local_rank = static_cast<std::size_t>(rank);
  made.status.phase = phase;
  made.status.epoch = epoch;
  made.status.epochs = 4;
  made.status.step = step;
  made.status.steps_per_epoch = 500;
  made.status.activity = activity;
  made.since_ns = kNow - silent_s * kSecond;
  return made;
}

RankSign training(int rank, std::int64_t step, Activity activity, std::int64_t silent_s) {
  return sign(rank, Phase::kTraining, 0, step, activity, silent_s);
}

RankSign in_phase(int rank, Phase phase, std::int64_t silent_s) {
  return sign(rank, phase, 0, 0, Activity::kNone, silent_s);
}

struct StallCase {
  const char* name;
  std::vector<RankSign> running;
  std::optional<std::size_t> index;
  const char* text;
};

TEST(StalledRank, IsTheOneFurthestBehindIfItIsSilent) {
  const StallCase cases[] = {
      {"nobody runs", {}, std::nullopt, ""},
      {"all go on",
       {training(0, 412, Activity::kForward, 1), training(1, 412, Activity::kData, 2)},
       std::nullopt,
       ""},
      {"rank 1 hangs, rank 0 waits in the all-reduce",
       {training(0, 412, Activity::kBackward, 31), training(1, 412, Activity::kForward, 30)},
       1,
       "at epoch 1/4, step 412/500 (forward) for 30 s; the other waits at epoch 1/4, step 412/500 "
       "(backward and all-reduce)"},
      {"rank 1 is steps behind",
       {training(0, 413, Activity::kBackward, 40), training(1, 412, Activity::kData, 30),
        training(2, 413, Activity::kBackward, 40)},
       1,
       "at epoch 1/4, step 412/500 (waiting for data) for 30 s; the others wait at epoch 1/4, step "
       "413/500 (backward and all-reduce)"},
      {"the one behind is slow, but alive: those that wait for it do not hang",
       {training(0, 413, Activity::kBackward, 90), training(1, 412, Activity::kForward, 1)},
       std::nullopt,
       ""},
      {"all hang at the same point: the one that came there first",
       {training(0, 5, Activity::kBackward, 30), training(1, 5, Activity::kBackward, 35)},
       1,
       "at epoch 1/4, step 5/500 (backward and all-reduce) for 35 s; the other is at the same "
       "point"},
      {"alone",
       {training(0, 5, Activity::kData, 30)},
       0,
       "at epoch 1/4, step 5/500 (waiting for data) for 30 s"},
      {"one never came to the rendezvous",
       {in_phase(0, Phase::kRendezvous, 60), in_phase(1, Phase::kStarting, 60)},
       1,
       "in phase \"starting\" for 60 s; the other waits in phase \"rendezvous\""},
      {"evaluation comes after the epoch's training",
       {sign(0, Phase::kEvaluating, 1, 500, Activity::kNone, 60),
        sign(1, Phase::kTraining, 1, 499, Activity::kUpdate, 60)},
       1,
       "at epoch 2/4, step 499/500 (update) for 60 s; the other waits at epoch 2/4, step 500/500 "
       "(evaluating)"},
      {"a new epoch comes after a checkpoint",
       {sign(0, Phase::kCheckpointing, 1, 500, Activity::kNone, 60),
        sign(1, Phase::kTraining, 2, 0, Activity::kBackward, 60)},
       0,
       "at epoch 2/4, step 500/500 (checkpointing) for 60 s; the other waits at epoch 3/4, step "
       "0/500 (backward and all-reduce)"},
      {"a rank that is done may take its time to leave",
       {in_phase(0, Phase::kFinished, 60)},
       std::nullopt,
       ""},
  };
  for (const StallCase& one : cases) {
    const auto stalled = find_stalled_rank(one.running, kNow, seconds(30));
    EXPECT_EQ(stalled ? std::optional(stalled->index) : std::nullopt, one.index) << one.name;
    EXPECT_EQ(stalled ? stalled->text : "", one.text) << one.name;
  }
}

TEST(StalledRank, IsOneFromTheTimeoutOn) {
  const auto silent_for = [](std::int64_t ns) {
    RankSign made = training(0, 1, Activity::kData, 0);
    made.since_ns = kNow - ns;
    return find_stalled_rank({made}, kNow, seconds(30));
  };
  EXPECT_EQ(silent_for(30 * kSecond - 1), std::nullopt);
  ASSERT_TRUE(silent_for(30 * kSecond));
  EXPECT_EQ(silent_for(30 * kSecond)->silent_ns, 30 * kSecond);
}

TEST(SilentJob, IsOneInWhichNobodyWritesAnything) {
  const auto silent = [](std::vector<std::int64_t> silent_s) {
    std::vector<RankSign> running;
    for (const std::int64_t seconds_ago : silent_s) {
      running.push_back(in_phase(static_cast<int>(running.size()), Phase::kStarting, seconds_ago));
    }
    return find_silent_job(running, kNow, seconds(30));
  };
  EXPECT_EQ(silent({}), std::nullopt);
  EXPECT_EQ(silent({29}), std::nullopt);
  // Most commands let rank 0 alone write.
  EXPECT_EQ(silent({1, 500, 500}), std::nullopt);
  ASSERT_TRUE(silent({30}));
  EXPECT_EQ(silent({30})->text, "without output for 30 s");
  const auto stalled = silent({40, 70, 35});
  ASSERT_TRUE(stalled);
  EXPECT_EQ(stalled->index, 1U) << "the one that fell silent first";
  EXPECT_EQ(stalled->text,
            "without output for 70 s; no other has written anything for the last 35 s");
}

TEST(ProcessState, IsWorthWordsWhereItExplainsWhyARankHangs) {
  EXPECT_EQ(describe_process_state('T', 4711), "it is stopped: kill -CONT 4711 lets it go on");
  EXPECT_EQ(describe_process_state('t', 4711), "a debugger holds it");
  EXPECT_EQ(describe_process_state('D', 4711),
            "it waits in the kernel: for a disk, the network, a GPU driver or memory");
  for (const char usual : {'R', 'S', 'Z', 'I', '?'}) {
    EXPECT_EQ(describe_process_state(usual, 4711), "") << usual;
  }
}

TEST(StallWarning, NamesTheRankAndWhatToDoNext) {
  RankOutcome rank;
  rank.rank = 3;
  rank.pid = 4711;
  rank.device = "cpu";
  EXPECT_EQ(stall_warning(rank, "at epoch 1, step 2 for 30 s", "", /*are_stacks_taken=*/true),
            "dplaunch: warning: rank 3 (cpu, pid 4711) hangs at epoch 1, step 2 for 30 s\n");
  EXPECT_EQ(stall_warning(rank, "without output for 30 s", "a debugger holds it", false),
            "dplaunch: warning: rank 3 (cpu, pid 4711) hangs without output for 30 s; a debugger "
            "holds it\n  where it is: py-spy dump --pid 4711\n");
}

}  // namespace
}  // namespace dplaunch
