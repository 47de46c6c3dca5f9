// That a launcher that is killed without warning leaves nothing behind.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <random>

#include "job_mark.h"
#include "process_test_support.h"
#include "tests/support/repetitions.h"

namespace dplaunch {
namespace {

using std::chrono::microseconds;
using ::testing::IsEmpty;

class Orphans : public ProcessTest {
 protected:
  /// Workers that will not go by themselves, with children in and out of their group and session.
  LaunchPlan stubborn_plan() const {
    LaunchPlan made = mark_.put_on(plan({{"ignore:15", "spawn-sleeper", "spawn-daemon", "sleep"},
                                         {"ignore:15", "spawn-daemon", "spawn-sleeper", "sleep"}}));
    made.supervision.grace = std::chrono::milliseconds(5);
    return made;
  }
  static constexpr std::size_t kProcesses = 6;

  /// Up to `most`, anew each time and the same in each run of the test.
  void wait_at_random(microseconds most) {
    std::uniform_int_distribution<microseconds::rep> choice(0, most.count());
    ::usleep(static_cast<useconds_t>(choice(random_)));
  }

  const JobMark mark_;

 private:
  std::mt19937 random_{1};
};

constexpr int kRounds = 34;  // of each kind: 102 in all

TEST_F(Orphans, AreNoneOfALauncherKilledWhileItStarts) {
  for (int round = 0; round < testing::repetitions(kRounds); ++round) {
    LauncherProcess launcher(stubborn_plan(), "/dev/null");
    wait_at_random(std::chrono::milliseconds(15));
    launcher.send(SIGKILL);
    const int code = launcher.wait();
    ASSERT_THAT(mark_.survivors(), IsEmpty())
        << "round " << round << ", launcher ended with " << code;
  }
}

TEST_F(Orphans, AreNoneOfALauncherKilledWhileItRuns) {
  for (int round = 0; round < testing::repetitions(kRounds); ++round) {
    LauncherProcess launcher(stubborn_plan(), "/dev/null");
    ASSERT_TRUE(mark_.appear(kProcesses));
    launcher.send(SIGKILL);
    const int code = launcher.wait();
    ASSERT_THAT(mark_.survivors(), IsEmpty())
        << "round " << round << ", launcher ended with " << code;
  }
}

TEST_F(Orphans, AreNoneOfALauncherKilledWhileItStops) {
  for (int round = 0; round < testing::repetitions(kRounds); ++round) {
    LauncherProcess launcher(stubborn_plan(), "/dev/null");
    ASSERT_TRUE(mark_.appear(kProcesses));
    launcher.send(SIGTERM);
    wait_at_random(std::chrono::milliseconds(15));
    launcher.send(SIGKILL);
    const int code = launcher.wait();
    ASSERT_THAT(mark_.survivors(), IsEmpty())
        << "round " << round << ", launcher ended with " << code;
  }
}

TEST_F(Orphans, AreNoneOfAJobThatEnds) {
  for (const char* end : {"exit:0", "exit:7", "kill-self:11"}) {
    const Result result = run(mark_.put_on(plan({{"spawn-sleeper", "spawn-daemon", end}})));
    EXPECT_EQ(result.exit_code == 0, end == std::string("exit:0"));
    // At once: supervise() returns when nothing is left.
    EXPECT_THAT(mark_.living(), IsEmpty()) << end;
  }
}

}  // namespace
}  // namespace dplaunch
