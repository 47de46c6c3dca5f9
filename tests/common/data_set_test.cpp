#include "common/data_set.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;
using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;
using testing::write_text;

// As published with the set: 50,000 and 10,000 records of 3,074 bytes.
constexpr std::uintmax_t kRecordBytes = 3074;
constexpr std::uintmax_t kTrainBytes = 153'700'000;
constexpr std::uintmax_t kTestBytes = 30'740'000;

/// A file of that length, without using disk space.
void make_file(const fs::path& path, std::uintmax_t size_bytes) {
  write_text(path, "");
  fs::resize_file(path, size_bytes);
}

void make_synthetic(const fs::path& folder, const std::string& marker, std::uintmax_t train_bytes,
                    std::uintmax_t test_bytes) {
  write_text(folder / "SYNTHETIC.yml", marker);
  make_file(folder / "train.bin", train_bytes);
  make_file(folder / "test.bin", test_bytes);
}

Error error_in(const fs::path& root) {
  const Error error = error_of([&] { find_data_set(root); });
  EXPECT_EQ(error.code(), ExitCode::kData);
  EXPECT_FALSE(error.hint().empty());
  return error;
}

TEST(DataSet, IsFoundInTheFolderItselfOrBelowItsOfficialName) {
  const TemporaryFolder direct;
  const TemporaryFolder nested;
  fs::create_directory(nested / "cifar-100-binary");
  for (const auto& [root, folder] :
       {std::pair(direct.path(), direct.path()),
        std::pair(nested.path(), nested.path() / "cifar-100-binary")}) {
    make_file(folder / "train.bin", kTrainBytes);
    make_file(folder / "test.bin", kTestBytes);
    const DataSet set = find_data_set(root);
    EXPECT_EQ(set.train_file, folder / "train.bin");
    EXPECT_EQ(set.test_file, folder / "test.bin");
    EXPECT_EQ(set.train_records, 50000);
    EXPECT_EQ(set.test_records, 10000);
    EXPECT_FALSE(set.is_synthetic);
  }
}

TEST(DataSet, AMissingFolderIsNamedAndTheWayOutOffered) {
  const TemporaryFolder folder;
  const Error error = error_in(folder / "absent");
  expect_contains(error.what(), (folder / "absent").string() + ": no such data folder");
  expect_contains(error.hint(), "dplaunch data --root " + (folder / "absent").string());
}

TEST(DataSet, AMissingFileIsNamedWithTheExpectedBytes) {
  const TemporaryFolder folder;
  make_file(folder / "train.bin", kTrainBytes);
  const Error error = error_in(folder.path());
  expect_contains(error.what(), (folder / "test.bin").string());
  expect_contains(error.what(), "No such file or directory");
  expect_contains(error.what(), "expected 30740000 bytes (10000 records of 3074)");
}

TEST(DataSet, AWrongLengthIsNamedWithExpectedAndFoundBytes) {
  const TemporaryFolder folder;
  make_file(folder / "train.bin", kTrainBytes);
  const std::vector<std::pair<std::uintmax_t, std::string>> cases = {
      {kTestBytes - 1,
       "too short: expected 30740000 bytes (10000 records of 3074), found 30739999"},
      {0, "too short: expected 30740000 bytes (10000 records of 3074), found 0"},
      {kTestBytes + 3074,
       "too long: expected 30740000 bytes (10000 records of 3074), found 30743074"},
  };
  for (const auto& [size_bytes, expected] : cases) {
    make_file(folder / "test.bin", size_bytes);
    expect_contains(error_in(folder.path()).what(),
                    (folder / "test.bin").string() + ": " + expected);
  }
}

TEST(DataSet, AFolderInPlaceOfAFileIsNoFile) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "train.bin");
  make_file(folder / "test.bin", kTestBytes);
  expect_contains(error_in(folder.path()).what(), (folder / "train.bin").string());
}

TEST(SyntheticSet, MayBeOfAnySizeAndIsMarked) {
  const TemporaryFolder folder;
  make_synthetic(folder.path(), "train_records: 7\ntest_records: 3\n", 7 * kRecordBytes,
                 3 * kRecordBytes);
  const DataSet set = find_data_set(folder.path());
  EXPECT_TRUE(set.is_synthetic);
  EXPECT_EQ(set.train_records, 7);
  EXPECT_EQ(set.test_records, 3);
}

TEST(SyntheticSet, MustHaveTheLengthThatItsMarkerSays) {
  const TemporaryFolder folder;
  make_synthetic(folder.path(), "train_records: 7\ntest_records: 3\n", 6 * kRecordBytes,
                 3 * kRecordBytes);
  expect_contains(error_in(folder.path()).what(),
                  "expected 21518 bytes (7 records of 3074), found 18444");
}

TEST(SyntheticSet, AMarkerThatMakesNoSenseIsNamed) {
  for (const std::string marker :
       {"", "train_records: 7\n", "train_records: 0\ntest_records: 3\n",
        "train_records: -1\ntest_records: 3\n", "train_records: lots\ntest_records: 3\n",
        "train_records: 9223372036854775807\ntest_records: 3\n", "just words\n", "[1, 2]\n",
        "train_records: [7]\ntest_records: 3\n", "a: b: c\n", "\"open\n"}) {
    SCOPED_TRACE(marker);
    const TemporaryFolder folder;
    make_synthetic(folder.path(), marker, 7 * kRecordBytes, 3 * kRecordBytes);
    expect_contains(error_in(folder.path()).what(), (folder / "SYNTHETIC.yml").string());
  }
}

}  // namespace
}  // namespace dplaunch
