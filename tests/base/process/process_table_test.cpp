#include "base/process/process_table.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/child_process.h"

namespace dplaunch {
namespace {

TEST(ProcessTable, TellsWhetherTheKernelIsEndingAProcess) {
  testing::ChildProcess child([] {
    while (true) ::pause();
    return 0;
  });
  EXPECT_FALSE(is_exiting(child.pid()));
  child.send(SIGKILL);
  siginfo_t end{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child.pid()), &end, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(is_exiting(child.pid())) << "dead, not reaped";
  const pid_t pid = child.pid();
  child.wait();
  EXPECT_FALSE(is_exiting(pid)) << "gone";
}

}  // namespace
}  // namespace dplaunch
