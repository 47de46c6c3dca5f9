#include "base/process/held_process.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "tests/support/child_process.h"
#include "tests/support/refuse_call.h"

namespace dplaunch {
namespace {

using testing::ChildProcess;

bool ends(const HeldProcess& process, int timeout_ms) {
  pollfd end{process.end_fd(), POLLIN, 0};
  return ::poll(&end, 1, timeout_ms) == 1;
}

int pause_for_ever() {
  while (true) ::pause();
  return 0;
}

/// From outside the process's parent: 0, or the number of the check that failed.
int hold_signal_and_see_the_end(pid_t pid) {
  const auto held = HeldProcess::open(pid);
  if (!held || held->pid() != pid) return 1;
  if (ends(*held, 0)) return 2;
  if (held->signal(SIGTERM) != 0) return 3;
  if (!ends(*held, 10000)) return 4;
  return 0;
}

class HeldProcessTest : public ::testing::TestWithParam<std::optional<unsigned>> {};

TEST_P(HeldProcessTest, IsSignalledAndSeenToEnd) {
  ChildProcess other(pause_for_ever);
  ChildProcess child([&] {
    if (GetParam()) testing::refuse_call(SYS_pidfd_open, *GetParam());
    if (GetParam() == unsigned{ENOSYS}) testing::refuse_call(SYS_pidfd_send_signal, ENOSYS);
    return hold_signal_and_see_the_end(other.pid());
  });
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(other.wait(), 128 + SIGTERM);
}

TEST_P(HeldProcessTest, ThatHasEndedIsNotSignalled) {
  ChildProcess child([&] {
    if (GetParam()) testing::refuse_call(SYS_pidfd_open, *GetParam());
    ChildProcess other(pause_for_ever);
    const auto held = HeldProcess::open(other.pid());
    const pid_t pid = other.pid();
    other.kill_and_wait();
    if (!held || held->signal(SIGTERM) != ESRCH) return 1;
    return HeldProcess::open(pid) ? 2 : 0;
  });
  EXPECT_EQ(child.wait(), 0);
}

INSTANTIATE_TEST_SUITE_P(WithPidfdsAndWithout, HeldProcessTest,
                         ::testing::Values(std::nullopt, unsigned{EPERM}, unsigned{ENOSYS}));

}  // namespace
}  // namespace dplaunch
