#include "base/files/atomic_file.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <exception>
#include <random>
#include <stdexcept>
#include <thread>

#include "base/files/unique_fd.h"
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
using testing::read_text;
using testing::TemporaryFolder;
using testing::write_text;

constexpr std::size_t kMiB = 1 << 20;

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(AtomicFile, LeavesNoTemporaryFileWhereNobodyCatches) {
  GTEST_FLAG_SET(death_test_style, "fast");
  const TemporaryFolder folder;
  // Its process ends where it is thrown, as a worker's does: without a handler nothing is unwound.
  const auto fail = [&] {
    std::set_terminate([] { ::_exit(42); });
    std::thread([&] {
      write_file_atomically(folder / "a", [](const WriteBytes& write) {
        write("half", 4);
        throw std::runtime_error("and no more");
      });
    }).join();
  };
  EXPECT_EXIT(fail(), ::testing::ExitedWithCode(42), "");
  EXPECT_EQ(files_in(folder.path()), 0U);
}

TEST(AtomicFile, MakesAndReplacesAFile) {
  const TemporaryFolder folder;
  const fs::path file = folder / "summary.json";
  write_file_atomically(file, "old and longer");
  EXPECT_EQ(read_text(file), "old and longer");
  write_file_atomically(file, "new");
  EXPECT_EQ(read_text(file), "new");
  EXPECT_EQ(files_in(folder.path()), 1U) << "a temporary file was left";
}

TEST(AtomicFile, IsWholeWithoutWaitingForTheDiskToo) {
  const TemporaryFolder folder;
  const fs::path file = folder / "launch.json";
  write_file_whole(file, "old and longer");
  write_file_whole(file, "new");
  EXPECT_EQ(read_text(file), "new");
  EXPECT_EQ(files_in(folder.path()), 1U) << "a temporary file was left";
}

TEST(AtomicFile, JoinsThePiecesThatFillWrites) {
  const TemporaryFolder folder;
  const fs::path file = folder / "pieces";
  std::string expected;
  write_file_atomically(file, [&](const WriteBytes& write) {
    for (char c = 'a'; c <= 'z'; ++c) {
      const std::string piece(100000, c);
      write(piece.data(), piece.size());
      expected += piece;
    }
    write(nullptr, 0);
  });
  EXPECT_EQ(read_text(file), expected);
}

TEST(AtomicFile, KeepsTheOldContentUntilTheNewIsWhole) {
  const TemporaryFolder folder;
  const fs::path file = folder / "state";
  write_file_atomically(file, "old");
  write_file_atomically(file, [&](const WriteBytes& write) {
    write("ne", 2);
    EXPECT_EQ(read_text(file), "old");
    write("w", 1);
  });
  EXPECT_EQ(read_text(file), "new");
}

TEST(AtomicFile, AFillThatThrowsLeavesTheOldContentAndNoTemporary) {
  const TemporaryFolder folder;
  const fs::path file = folder / "state";
  write_file_atomically(file, "old");
  const auto throwing = [](const WriteBytes& write) {
    write("half", 4);
    throw std::runtime_error("the tensor could not be read");
  };
  EXPECT_THROW(write_file_atomically(file, throwing), std::runtime_error);
  EXPECT_EQ(read_text(file), "old");
  EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(AtomicFile, AMissingFolderIsAStorageErrorThatNamesTheFile) {
  const TemporaryFolder folder;
  const fs::path file = folder / "absent" / "file";
  const Error error = error_of([&] { write_file_atomically(file, "text"); });
  EXPECT_EQ(error.code(), ExitCode::kStorage);
  expect_contains(error.what(), file.string() + ": cannot create: No such file or directory");
  EXPECT_FALSE(error.hint().empty());
}

TEST(AtomicFile, NothingComesIntoAnotherFolderThatTookTheName) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "run");
  const Error error = error_of([&] {
    write_file_atomically(folder / "run" / "state", [&](const WriteBytes& write) {
      write("old job", 7);
      fs::remove_all(folder / "run");
      fs::create_directory(folder / "run");
      write_text(folder / "run" / "state.tmp", "half of the new job's");
    });
  });
  EXPECT_EQ(error.code(), ExitCode::kStorage);
  EXPECT_EQ(read_text(folder / "run" / "state.tmp"), "half of the new job's");
  EXPECT_EQ(files_in(folder / "run"), 1U);
}

TEST(AtomicFile, ATemporaryLeftByACrashIsNoObstacle) {
  const TemporaryFolder folder;
  write_text(folder / "state.tmp", "half of something");
  write_file_atomically(folder / "state", "whole");
  EXPECT_EQ(read_text(folder / "state"), "whole");
  EXPECT_EQ(files_in(folder.path()), 1U);
}

// The size limit of a process gives the same short write and error as a full disk does, and needs
// no right to mount a small one.
TEST(AtomicFile, ADiskThatFillsUpLeavesTheOldContentWhole) {
  const TemporaryFolder folder;
  const fs::path file = folder / "epoch-0001.safetensors";
  write_file_atomically(file, "the previous checkpoint");
  ChildProcess child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{65536, 65536};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 90;
    try {
      write_file_atomically(file, std::string(kMiB, 'n'));
    } catch (const Error& error) {
      const bool names_file = std::string(error.what()).find(file.string()) != std::string::npos;
      const bool names_step = std::string(error.what()).find("cannot write") != std::string::npos;
      return names_file && names_step ? to_int(error.code()) : 91;
    }
    return 0;
  });
  EXPECT_EQ(child.wait(), to_int(ExitCode::kStorage));
  EXPECT_EQ(read_text(file), "the previous checkpoint");
  EXPECT_EQ(files_in(folder.path()), 1U);
}

/// Rewrites `file` for ever, a different letter each time; one byte to `started` after the first.
[[noreturn]] void rewrite_for_ever(const fs::path& file, int started) {
  for (int i = 0;; ++i) {
    write_file_atomically(file, std::string(kMiB, static_cast<char>('a' + i % 26)));
    if (i == 0 && ::write(started, "x", 1) != 1) ::_exit(90);
  }
}

TEST(AtomicFile, AWriterKilledAtAnyMomentLeavesOldOrNew) {
  const TemporaryFolder folder;
  const fs::path file = folder / "state";
  std::mt19937 random(20240501);
  for (int round = 0; round < testing::repetitions(20); ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const UniqueFd reader(ends[0]);
    UniqueFd writer(ends[1]);
    ChildProcess child([&]() -> int { rewrite_for_ever(file, writer.get()); });
    writer.reset();
    ASSERT_TRUE(testing::await_byte(reader.get()));
    const timespec random_moment{0, static_cast<long>(random() % 4'000'000)};
    ::nanosleep(&random_moment, nullptr);
    ASSERT_EQ(child.kill_and_wait(), 128 + SIGKILL);
    const std::string content = read_text(file);
    ASSERT_EQ(content.size(), kMiB) << "round " << round;
    ASSERT_EQ(content.find_first_not_of(content[0]), std::string::npos) << "round " << round;
  }
}

TEST(AtomicSymlink, PointsAtTheNewTargetWithoutAGap) {
  const TemporaryFolder folder;
  write_text(folder / "epoch-0001", "one");
  write_text(folder / "epoch-0002", "two");
  replace_symlink_atomically(folder / "latest", "epoch-0001");
  EXPECT_EQ(read_text(folder / "latest"), "one");
  replace_symlink_atomically(folder / "latest", "epoch-0002");
  EXPECT_EQ(read_text(folder / "latest"), "two");
  EXPECT_EQ(fs::read_symlink(folder / "latest"), "epoch-0002") << "relative: the run may be moved";
  EXPECT_EQ(files_in(folder.path()), 3U);
}

TEST(AtomicSymlink, AMissingFolderIsAStorageError) {
  const TemporaryFolder folder;
  const fs::path link = folder / "absent" / "latest";
  const Error error = error_of([&] { replace_symlink_atomically(link, "epoch-0001"); });
  EXPECT_EQ(error.code(), ExitCode::kStorage);
  expect_contains(error.what(), link.string());
}

}  // namespace
}  // namespace dplaunch
