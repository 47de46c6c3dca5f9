#include "common/status_board.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "base/files/mapped_file.h"
#include "base/files/unique_fd.h"
#include "base/monotonic_clock.h"
#include "tests/support/child_process.h"
#include "tests/support/expect_error.h"
#include "tests/support/repetitions.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;
using testing::ChildProcess;
using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;
using testing::write_text;

/// A status whose every field follows from `n`, so that a mixture of two is seen.
RankStatus status_number(std::int64_t n) {
  return {.phase = static_cast<Phase>(n % 6),
          .epoch = n,
          .epochs = 2 * n,
          .step = 3 * n,
          .steps_per_epoch = 4 * n,
          .images = 5 * n,
          .loss = static_cast<double>(n) / 2,
          .activity = static_cast<Activity>(n % 5),
          .images_per_second = static_cast<double>(n) / 4};
}

/// Writes on and on, far more often than a worker does, but not so often that the copies of an
/// update are all gone through within one look.
[[noreturn]] void write_without_end(StatusBoard& board) {
  constexpr std::int64_t kPauseNs = 5000;
  for (std::int64_t n = 1;; ++n) {
    board.write(0, status_number(n));
    for (const std::int64_t until_ns = monotonic_ns() + kPauseNs; monotonic_ns() < until_ns;) {
    }
  }
}

void expect_whole(const RankStatus& status) {
  const RankStatus expected = status_number(status.epoch);
  ASSERT_EQ(status.phase, expected.phase);
  ASSERT_EQ(status.epochs, expected.epochs);
  ASSERT_EQ(status.step, expected.step);
  ASSERT_EQ(status.steps_per_epoch, expected.steps_per_epoch);
  ASSERT_EQ(status.images, expected.images);
  ASSERT_EQ(status.loss, expected.loss);
  ASSERT_EQ(status.activity, expected.activity);
  ASSERT_EQ(status.images_per_second, expected.images_per_second);
}

TEST(StatusBoard, AFreshBoardSaysThatNothingWasWritten) {
  const TemporaryFolder folder;
  const StatusBoard board = StatusBoard::create(folder / "status.board", 3);
  EXPECT_EQ(board.world_size(), 3);
  for (int rank = 0; rank < 3; ++rank) {
    EXPECT_EQ(board.read(rank).updated_ns, 0);
    EXPECT_EQ(board.read(rank).phase, Phase::kStarting);
  }
}

TEST(StatusBoard, RanksDoNotTouchEachOther) {
  const TemporaryFolder folder;
  StatusBoard board = StatusBoard::create(folder / "status.board", 2);
  board.write(1, status_number(11));
  EXPECT_EQ(board.read(0).updated_ns, 0);
  EXPECT_EQ(board.read(1).epoch, 11);
  board.write(0, status_number(4));
  EXPECT_EQ(board.read(1).epoch, 11);
}

TEST(StatusBoard, StampsEachWriteWithTheMonotonicClock) {
  const TemporaryFolder folder;
  StatusBoard board = StatusBoard::create(folder / "status.board", 1);
  const std::int64_t before = monotonic_ns();
  board.write(0, {});
  EXPECT_GE(board.read(0).updated_ns, before);
  EXPECT_LE(board.read(0).updated_ns, monotonic_ns());
}

TEST(StatusBoard, AnotherProcessReadsWhatAWorkerWrites) {
  const TemporaryFolder folder;
  const fs::path path = folder / "status.board";
  const StatusBoard board = StatusBoard::create(path, 2);
  ChildProcess worker([&] {
    StatusBoard::open_to_write(path).write(1, status_number(42));
    return 0;
  });
  ASSERT_EQ(worker.wait(), 0);
  EXPECT_EQ(board.read(1).epoch, 42);
  expect_whole(board.read(1));
  EXPECT_EQ(board.read(0).updated_ns, 0);
}

TEST(StatusBoard, AReaderNeverSeesHalfAnUpdateOfABusyWriter) {
  const TemporaryFolder folder;
  const fs::path path = folder / "status.board";
  const StatusBoard board = StatusBoard::create(path, 1);
  ChildProcess writer([&] {
    StatusBoard mine = StatusBoard::open_to_write(path);
    write_without_end(mine);
    return 0;
  });
  std::int64_t last = 0;
  std::int64_t changes = 0;
  for (int reads = 0; reads < 100'000 || changes < 500; ++reads) {
    const RankStatus status = board.read(0);
    if (status.updated_ns == 0) continue;
    ASSERT_NO_FATAL_FAILURE(expect_whole(status));
    ASSERT_GE(status.epoch, last);
    changes += status.epoch != last ? 1 : 0;
    last = status.epoch;
  }
  EXPECT_EQ(writer.kill_and_wait(), 128 + SIGKILL);
}

// A writer may be killed within a write. Neither the reader nor its successor may suffer from it.
TEST(StatusBoard, ASuccessorOfAKilledWriterIsReadWhole) {
  const TemporaryFolder folder;
  const fs::path path = folder / "status.board";
  const StatusBoard board = StatusBoard::create(path, 1);
  for (int round = 0; round < testing::repetitions(50); ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const UniqueFd reader(ends[0]);
    UniqueFd started(ends[1]);
    ChildProcess writer([&] {
      StatusBoard mine = StatusBoard::open_to_write(path);
      mine.write(0, status_number(1));
      if (::write(started.get(), "x", 1) != 1) return 90;
      write_without_end(mine);
      return 0;
    });
    started.reset();
    ASSERT_TRUE(testing::await_byte(reader.get()));
    const RankStatus first = board.read(0);
    while (board.read(0).epoch == first.epoch) {
    }
    for (int i = 0; i < 2000; ++i) ASSERT_NO_FATAL_FAILURE(expect_whole(board.read(0)));
    writer.kill_and_wait();
    ASSERT_NO_FATAL_FAILURE(expect_whole(board.read(0)));
  }
}

TEST(StatusBoard, MakingABoardReplacesAnOlderOne) {
  const TemporaryFolder folder;
  const fs::path path = folder / "status.board";
  StatusBoard::create(path, 4).write(3, status_number(9));
  const StatusBoard board = StatusBoard::create(path, 1);
  EXPECT_EQ(board.world_size(), 1);
  EXPECT_EQ(board.read(0).updated_ns, 0);
  EXPECT_EQ(StatusBoard::open(path).world_size(), 1);
}

TEST(StatusBoard, MovesWithoutLosingItsMapping) {
  const TemporaryFolder folder;
  StatusBoard first = StatusBoard::create(folder / "a", 1);
  StatusBoard second = StatusBoard::create(folder / "b", 2);
  first.write(0, status_number(6));
  second = std::move(first);
  EXPECT_EQ(second.world_size(), 1);
  EXPECT_EQ(second.read(0).epoch, 6);
  const StatusBoard third(std::move(second));
  EXPECT_EQ(third.read(0).epoch, 6);
}

TEST(StatusBoard, WhatIsNoBoardIsRefused) {
  const TemporaryFolder folder;
  const fs::path path = folder / "status.board";
  StatusBoard::create(path, 2);
  const std::string whole = testing::read_text(path);
  std::string other_size = whole;
  other_size[8] = 3;
  std::string negative_size = whole;
  negative_size[15] = static_cast<char>(0xff);
  for (const std::string& content :
       {std::string(), std::string("dplbrd01"), whole.substr(0, whole.size() - 1),
        whole.substr(0, 128), std::string(whole.size(), '\0'), other_size, negative_size}) {
    write_text(path, content);
    const Error error = error_of([&] { StatusBoard::open(path); });
    EXPECT_EQ(error.code(), ExitCode::kStorage);
    expect_contains(error.what(), path.string() + ": not a status board");
  }
  const Error absent = error_of([&] { StatusBoard::open(folder / "absent"); });
  EXPECT_EQ(absent.code(), ExitCode::kStorage);
  expect_contains(absent.what(), "No such file");
  const Error unwritable = error_of([&] { StatusBoard::create(folder / "absent" / "b", 1); });
  EXPECT_EQ(unwritable.code(), ExitCode::kStorage);
}

// Somebody may empty the file while it is read: through memory that would be a SIGBUS.
TEST(StatusBoard, AReaderOutlivesAFileThatIsCutShort) {
  const TemporaryFolder folder;
  const fs::path path = folder / "status.board";
  StatusBoard::create(path, 2).write(1, status_number(9));
  const StatusBoard board = StatusBoard::open(path);
  EXPECT_EQ(board.read(1).epoch, 9);
  fs::resize_file(path, 0);
  EXPECT_EQ(board.read(1).updated_ns, 0);
}

TEST(StatusBoard, AWriterOfAFileThatIsCutShortNamesItAndEndsWithItsCode) {
  const TemporaryFolder folder;
  const fs::path path = folder / "status.board";
  StatusBoard::create(path, 1);
  ChildProcess writer([&] {
    UniqueFd log(::open((folder / "log").c_str(), O_WRONLY | O_CREAT, 0600));
    ::dup2(log.get(), STDERR_FILENO);
    explain_lost_pages("worker");
    StatusBoard mine = StatusBoard::open_to_write(path);
    fs::resize_file(path, 0);
    mine.write(0, status_number(1));
    return 0;
  });
  EXPECT_EQ(writer.wait(), to_int(ExitCode::kStorage));
  expect_contains(testing::read_text(folder / "log"),
                  "worker: error: " + path.string() + ": can no longer be read");
}

// The board of another user's run may be read, not written.
TEST(StatusBoard, IsReadWhereItMayNotBeWritten) {
  const TemporaryFolder folder;
  const fs::path path = folder / "status.board";
  StatusBoard::create(path, 1).write(0, status_number(9));
  using fs::perms;
  fs::permissions(path, perms::owner_read | perms::group_read | perms::others_read);
  fs::permissions(folder.path(), perms::group_exec | perms::others_exec, fs::perm_options::add);
  ChildProcess reader([&] {
    constexpr uid_t kOther = 65534;
    if (::geteuid() == 0 && ::seteuid(kOther) != 0) return 90;
    if (::access(path.c_str(), W_OK) == 0 && ::geteuid() != kOther) return 91;
    return StatusBoard::open(path).read(0).epoch == 9 ? 0 : 92;
  });
  EXPECT_EQ(reader.wait(), 0);
}

TEST(StatusBoard, CountsOfADamagedFileAreWithinBounds) {
  const TemporaryFolder folder;
  const fs::path path = folder / "status.board";
  constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
  StatusBoard board = StatusBoard::create(path, 1);
  for (const std::int64_t n : {kLowest, kHighest}) {
    board.write(0, {.epoch = n, .epochs = n, .step = n, .steps_per_epoch = n, .images = n});
    const RankStatus status = board.read(0);
    const std::int64_t expected = n < 0 ? 0 : StatusBoard::kMaxCount;
    EXPECT_EQ(status.epoch, expected);
    EXPECT_EQ(status.epochs, expected);
    EXPECT_EQ(status.step, expected);
    EXPECT_EQ(status.steps_per_epoch, expected);
    EXPECT_GE(status.images, 0);
  }
}

TEST(StatusBoard, NamesEveryPhase) {
  EXPECT_STREQ(phase_name(Phase::kStarting), "starting");
  EXPECT_STREQ(phase_name(Phase::kCheckpointing), "checkpointing");
  EXPECT_STREQ(phase_name(static_cast<Phase>(77)), "unknown") << "a damaged board";
}

}  // namespace
}  // namespace dplaunch
