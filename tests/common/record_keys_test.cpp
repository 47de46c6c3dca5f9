#include "common/record_keys.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace dplaunch {
namespace {

TEST(RecordFormat, OfThisAndEarlierVersionsIsRead) {
  EXPECT_NO_THROW(refuse_newer(0, "launch.json")) << "written before there was a version";
  EXPECT_NO_THROW(refuse_newer(kRecordFormat, "launch.json"));
}

TEST(RecordFormat, OfALaterVersionIsRefused) {
  const Error error = testing::error_of([] { refuse_newer(kRecordFormat + 1, "a/launch.json"); });
  EXPECT_EQ(error.code(), ExitCode::kStorage);
  testing::expect_contains(error.what(), "a/launch.json: is of format 2");
  testing::expect_contains(error.hint(), "the dplaunch that wrote it");
}

}  // namespace
}  // namespace dplaunch
