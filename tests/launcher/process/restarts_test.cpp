// Whether and when a failed job is started anew, without processes.
#include "launcher/process/restarts.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "process_test_support.h"

namespace dplaunch {
namespace {

using std::chrono::seconds;

Verdict failed(int exit_code) {
  Verdict verdict;
  verdict.result = JobResult::kFailed;
  verdict.exit_code = exit_code;
  return verdict;
}

Verdict ended(JobResult result) {
  Verdict verdict;
  verdict.result = result;
  return verdict;
}

class RestartsTest : public ProcessTest {
 protected:
  LaunchPlan restarted(int max_restarts, bool is_own_worker = true) const {
    LaunchPlan made = plan({{"exit:0"}});
    made.is_own_worker = is_own_worker;
    made.supervision.max_restarts = max_restarts;
    return made;
  }

  void write_checkpoint(const std::string& name) const {
    const auto latest = run_folder().latest_checkpoint();
    std::filesystem::create_directories(latest.parent_path());
    std::filesystem::remove(latest);
    std::filesystem::create_symlink(name + ".safetensors", latest);
  }
};

TEST_F(RestartsTest, ComeAfterPausesThatDoubleUpToAMinute) {
  Restarts restarts(restarted(14));
  const int expected_s[] = {1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60, 60, 60};
  int number = 0;
  for (const int length_s : expected_s) {
    const auto pause = restarts.next({}, failed(1));
    ASSERT_TRUE(pause);
    EXPECT_EQ(pause->time, seconds(length_s));
    EXPECT_EQ(pause->number, ++number);
    EXPECT_EQ(pause->allowed, 14);
  }
  EXPECT_FALSE(restarts.next({}, failed(1)));
}

TEST_F(RestartsTest, AreCountedAnewFromANewCheckpoint) {
  write_checkpoint("epoch-0001");
  Restarts restarts(restarted(1));
  EXPECT_EQ(restarts.next({}, failed(1))->number, 1);
  write_checkpoint("epoch-0002");
  const auto pause = restarts.next({}, failed(1));
  ASSERT_TRUE(pause) << "it came further";
  EXPECT_EQ(pause->number, 1);
  EXPECT_EQ(pause->time, seconds(1));
  EXPECT_FALSE(restarts.next({}, failed(1))) << "the checkpoint is not new any more";
}

TEST_F(RestartsTest, AreForFailuresAlone) {
  for (const JobResult result : {JobResult::kSuccess, JobResult::kStopped, JobResult::kPreempted}) {
    Restarts restarts(restarted(3));
    EXPECT_FALSE(restarts.next({}, ended(result))) << result_name(result);
  }
  JobEnd given_up;
  given_up.is_given_up = true;
  Restarts restarts(restarted(3));
  EXPECT_FALSE(restarts.next(given_up, failed(1)));
  EXPECT_FALSE(Restarts(restarted(0)).next({}, failed(1))) << "none is allowed";
}

// docs/failures.md: wrong configurations, devices and data sets are not tried again. A command may
// mean anything by its codes.
TEST_F(RestartsTest, AreNotForWhatTheTrainerWouldMeetAgain) {
  for (int code = 1; code <= 7; ++code) {
    const bool is_hopeless = code == 2 || code == 3 || code == 4;
    EXPECT_EQ(Restarts(restarted(1)).next({}, failed(code)).has_value(), !is_hopeless) << code;
    EXPECT_TRUE(Restarts(restarted(1, false)).next({}, failed(code))) << code;
  }
}

}  // namespace
}  // namespace dplaunch
