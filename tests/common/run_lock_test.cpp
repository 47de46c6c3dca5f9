#include "common/run_lock.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>

#include "tests/support/child_process.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

using testing::ChildProcess;
using testing::error_of;
using ::testing::HasSubstr;

constexpr uid_t kNobody = 65534;

class RunLockTest : public ::testing::Test {
 protected:
  RunLockTest() {
    folder_.write("run/rank-0.log", "");
    ::chmod(folder_.path().c_str(), 0755);
    ::chmod(run_.root().c_str(), 0755);
  }

  mode_t mode() const {
    struct stat status {};
    EXPECT_EQ(::stat(run_.lock().c_str(), &status), 0);
    return status.st_mode & 0777;
  }

  /// What `body` returns in a process that may look into the folder and may not open the lock.
  template <typename Body>
  int as_reader(const Body& body) const {
    if (::geteuid() != 0) ::chmod(run_.lock().c_str(), 0);
    return ChildProcess([&body] {
             if (::geteuid() == 0 && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) return 98;
             return body();
           })
        .wait();
  }

  testing::TemporaryFolder folder_;
  RunFolder run_{folder_ / "run"};
};

TEST_F(RunLockTest, KeepsOthersOutUntilItGoes) {
  std::optional<RunLock> lock = RunLock::take(run_);
  EXPECT_TRUE(is_run_locked(run_));
  EXPECT_THAT(error_of(ExitCode::kUsage, [&] { RunLock::take(run_); }),
              HasSubstr("another dplaunch is running"));
  EXPECT_TRUE(std::filesystem::exists(run_.lock())) << "whoever is refused leaves it";
  lock.reset();
  EXPECT_FALSE(std::filesystem::exists(run_.lock()));
  EXPECT_FALSE(is_run_locked(run_));
}

TEST_F(RunLockTest, OfALauncherThatWasKilledIsFree) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  ChildProcess launcher([&] {
    const RunLock lock = RunLock::take(run_);
    ::write(pipe_ends[1], "x", 1);
    return ::pause();
  });
  ASSERT_TRUE(testing::await_byte(pipe_ends[0]));
  EXPECT_TRUE(is_run_locked(run_));
  launcher.kill_and_wait();
  EXPECT_TRUE(std::filesystem::exists(run_.lock()));
  EXPECT_FALSE(is_run_locked(run_));
  EXPECT_NO_THROW(RunLock::take(run_));
  EXPECT_FALSE(std::filesystem::exists(run_.lock()));
  for (const int end : pipe_ends) ::close(end);
}

TEST_F(RunLockTest, IsNotForThoseWhoMayOnlyRead) {
  const auto lock = std::make_unique<RunLock>(RunLock::take(run_));
  EXPECT_EQ(mode(), 0600);
  EXPECT_EQ(as_reader([&] {
              const int fd = ::open(run_.lock().c_str(), O_RDONLY | O_CLOEXEC);
              return fd >= 0 || errno != EACCES ? 1 : 0;
            }),
            0);
}

TEST_F(RunLockTest, IsSeenByThoseWhoMayOnlyRead) {
  auto lock = std::make_unique<RunLock>(RunLock::take(run_));
  EXPECT_EQ(as_reader([&] { return is_run_locked(run_) ? 0 : 1; }), 0);
  lock.reset();
  EXPECT_EQ(as_reader([&] { return is_run_locked(run_) ? 1 : 0; }), 0);
  folder_.write("run/run.lock", "");  // of a launcher that was killed
  ::chmod(run_.lock().c_str(), 0600);
  EXPECT_EQ(as_reader([&] { return is_run_locked(run_) ? 1 : 0; }), 0);
}

TEST_F(RunLockTest, CannotBeKeptFromItsOwnerByALockOnTheFolder) {
  const UniqueFd held_by_reader(::open(run_.root().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_EQ(::flock(held_by_reader.get(), LOCK_EX | LOCK_NB), 0);
  EXPECT_FALSE(is_run_locked(run_));
  EXPECT_NO_THROW(RunLock::take(run_));
}

TEST_F(RunLockTest, IsForAllWhoMayWriteIntoTheFolder) {
  ::chmod(run_.root().c_str(), 0775);
  const RunLock lock = RunLock::take(run_);
  EXPECT_EQ(mode(), 0660);
}

TEST_F(RunLockTest, IsTakenWhileOthersLook) {
  std::atomic<bool> is_over{false};
  std::atomic<int> looks{0};
  std::thread looker([&] {
    while (!is_over) looks += is_run_locked(run_) ? 1 : 0;
  });
  for (int takes = 0; looks < 20 || takes < 200; ++takes) EXPECT_NO_THROW(RunLock::take(run_));
  is_over = true;
  looker.join();
}

TEST_F(RunLockTest, StaysWithTheFolderThatItWasTakenIn) {
  auto lock = std::make_unique<RunLock>(RunLock::take(run_));
  std::filesystem::rename(run_.root(), folder_ / "moved");
  folder_.write("run/rank-0.log", "");
  const RunLock of_another = RunLock::take(run_);
  lock.reset();
  EXPECT_TRUE(is_run_locked(run_)) << "the other folder's is not removed";
  EXPECT_FALSE(std::filesystem::exists(folder_ / "moved/run.lock"));
}

}  // namespace
}  // namespace dplaunch
