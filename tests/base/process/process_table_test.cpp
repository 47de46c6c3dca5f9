#include "base/process/process_table.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <vector>

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

TEST(ProcessTable, TheChildrenThatAreKnownAreNotListed) {
  testing::ChildProcess known([] { return ::pause(); });
  testing::ChildProcess other([] { return ::pause(); });
  std::vector<pid_t> listed;
  for (const ProcessEntry& entry : list_children({known.pid()})) listed.push_back(entry.pid);
  EXPECT_EQ(listed, std::vector<pid_t>{other.pid()});
  for (testing::ChildProcess* child : {&known, &other}) {
    child->send(SIGKILL);
    child->wait();
  }
}

TEST(ProcessTable, AProcessWhoseFirstThreadHasLeftGoesOn) {
  testing::ChildProcess child([] {
    std::thread([] {
      while (true) ::pause();
    }).detach();
    ::syscall(SYS_exit, 0);  // of this thread alone
    return 0;
  });
  const auto has_left = [&] {
    const auto children = list_children();
    return std::any_of(children.begin(), children.end(), [&](const ProcessEntry& entry) {
      return entry.pid == child.pid() && entry.state == 'Z';
    });
  };
  while (!has_left()) std::this_thread::yield();
  EXPECT_FALSE(is_exiting(child.pid()));
  child.send(SIGKILL);
  child.wait();
}

}  // namespace
}  // namespace dplaunch
