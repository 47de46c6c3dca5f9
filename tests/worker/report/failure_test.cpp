#include "worker/report/failure.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <stdexcept>
#include <thread>

#include "common/error_record.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

using testing::TemporaryFolder;

/// NCCL's destructors would wait for lost peers here.
struct MustNotBeDestroyed {
  ~MustNotBeDestroyed() { ::_exit(99); }
};

class UncaughtException : public ::testing::Test {
 protected:
  UncaughtException() {
    GTEST_FLAG_SET(death_test_style, "fast");
    environment_.run_dir = folder_.path().string();
    environment_.error_file = (folder_ / "error-0.json").string();
  }

  /// In a thread, because GoogleTest catches what its tests throw.
  void let_nobody_catch(const std::function<void()>& fail) const {
    report_uncaught_exceptions(environment_);
    std::thread([&] {
      const MustNotBeDestroyed group;
      fail();
    }).join();
  }

  void expect_end(ExitCode code, const char* said, const std::function<void()>& fail) const {
    EXPECT_EXIT(let_nobody_catch(fail), ::testing::ExitedWithCode(to_int(code)), said);
  }

  ErrorRecord record() const {
    return read_error_record(environment_.error_file).value_or(ErrorRecord());
  }

  TemporaryFolder folder_;
  RankEnvironment environment_;
};

TEST_F(UncaughtException, IsRecordedBeforeAnythingIsDestroyed) {
  expect_end(ExitCode::kStorage, "dplaunch-worker: error: the disk is gone\n  hint: mend it",
             [] { throw Error(ExitCode::kStorage, "the disk is gone", "mend it"); });
  EXPECT_EQ(record().message, "the disk is gone");
  EXPECT_EQ(record().hint, "mend it");
  EXPECT_EQ(record().exit_code, to_int(ExitCode::kStorage));
  EXPECT_GT(record().monotonic_ns, 0);
  EXPECT_FALSE(record().is_consequence);
}

TEST_F(UncaughtException, OfALostPeerIsAConsequence) {
  expect_end(ExitCode::kRendezvous, "lost the connection to another rank: ", [] {
    throw std::runtime_error("Read error: Connection closed by peer [::1]:40211");
  });
  EXPECT_TRUE(record().is_consequence);
  expect_end(ExitCode::kFailure, "ends with rank 1",
             [] { throw PeerFailure(ExitCode::kFailure, "ends with rank 1"); });
  EXPECT_TRUE(record().is_consequence);
}

TEST_F(UncaughtException, OfLibTorchIsToldWithoutItsStack) {
  expect_end(ExitCode::kFailure, "out of memory: FIND was unable", [] {
    throw std::runtime_error(
        "FIND was unable to find an engine to execute this computation\n"
        "Exception raised from run_conv_plan at Conv_v8.cpp:980 (most recent call first):\n"
        "frame #0: c10::Error::Error");
  });
  EXPECT_EQ(record().message,
            "out of memory: FIND was unable to find an engine to execute this computation");
  EXPECT_NE(record().hint.find("lower bsize"), std::string::npos);
}

TEST_F(UncaughtException, MayBeOfAnyType) {
  expect_end(ExitCode::kFailure, "unknown type", [] { throw 42; });
  EXPECT_EQ(record().exit_code, to_int(ExitCode::kFailure));
}

}  // namespace
}  // namespace dplaunch
