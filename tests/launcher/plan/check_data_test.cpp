#include "launcher/plan/check_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

using ::testing::AllOf;
using testing::error_of;
using ::testing::HasSubstr;

class CheckData : public ::testing::Test {
 protected:
  CheckData() { folder_.write_data_set(200, 50); }

  ResolvedConfig config(const std::vector<std::string>& assignments) const {
    std::vector<Override> overrides = {{"root", (folder_ / "data").string(), "--root"}};
    for (const auto& assignment : assignments) overrides.push_back(parse_override(assignment));
    return load_config(std::nullopt, overrides);
  }

  testing::TemporaryFolder folder_;
};

TEST_F(CheckData, AcceptsABatchAsLargeAsTheShard) {
  const DataSet set = check_data(config({"bsize=100"}), 2);
  EXPECT_EQ(set.train_records, 200);
  EXPECT_TRUE(set.is_synthetic);
}

TEST_F(CheckData, RefusesABatchLargerThanAShard) {
  EXPECT_THAT(error_of(ExitCode::kData, [&] { check_data(config({"bsize=256"}), 2); }),
              AllOf(HasSubstr("--set: bsize 256 is larger than a shard of 100 images (200 images "
                              "over 2 processes)"),
                    HasSubstr("bsize=100")));
  EXPECT_THAT(error_of(ExitCode::kData, [&] { check_data(config({"bsize=67"}), 3); }),
              HasSubstr("a shard of 66 images"));
}

TEST_F(CheckData, RefusesFewerImagesThanProcesses) {
  for (const char* bsize : {"bsize=1", "bsize=auto"}) {
    EXPECT_THAT(error_of(ExitCode::kData,
                         [&] {
                           check_data(config({bsize, "limit_train=3"}), 4);
                         }),
                AllOf(HasSubstr("3 images are too few for 4 processes"), HasSubstr("limit_train")));
  }
}

TEST_F(CheckData, CountsOnlyTheImagesWithinTheLimit) {
  EXPECT_NO_THROW(check_data(config({"bsize=20", "limit_train=40"}), 2));
  EXPECT_THAT(error_of(ExitCode::kData,
                       [&] {
                         check_data(config({"bsize=21", "limit_train=40"}), 2);
                       }),
              HasSubstr("(40 images over 2 processes)"));
}

TEST_F(CheckData, CountsOnlyTheImagesThatAreNotHeldOut) {
  EXPECT_NO_THROW(check_data(config({"bsize=20", "validation=160"}), 2));
  EXPECT_THAT(error_of(ExitCode::kData,
                       [&] {
                         check_data(config({"bsize=21", "validation=160"}), 2);
                       }),
              HasSubstr("(40 images over 2 processes)"));
  EXPECT_THAT(error_of(ExitCode::kUsage,
                       [&] {
                         check_data(config({"limit_train=40", "validation=40"}), 1);
                       }),
              HasSubstr("--set: validation: 40 leaves none of the 40 training images"));
}

TEST_F(CheckData, RefusesALimitBeyondTheSet) {
  EXPECT_THAT(error_of(ExitCode::kUsage,
                       [&] {
                         check_data(config({"bsize=1", "limit_train=201"}), 1);
                       }),
              HasSubstr("--set: limit_train: 201 is more than the 200 images"));
  EXPECT_THAT(error_of(ExitCode::kUsage,
                       [&] {
                         check_data(config({"bsize=1", "limit_test=51"}), 1);
                       }),
              HasSubstr("limit_test: 51 is more than the 50 images"));
}

}  // namespace
}  // namespace dplaunch
