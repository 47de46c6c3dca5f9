#include "worker/data/cifar100_file.h"

#include <cstdint>

#include "base/error.h"
#include "tests/worker/data/record_file.h"

namespace dplaunch {
namespace {

using testing::TemporaryFolder;

std::string message_of_opening(const std::filesystem::path& path, std::int64_t records,
                               std::int64_t limit = 0) {
  try {
    const Cifar100File file(path, records, limit);
    return "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kData);
    EXPECT_FALSE(error.hint().empty());
    return error.what();
  }
}

TEST(Cifar100File, GivesLabelsAndPlanesOfEachRecord) {
  const TemporaryFolder folder;
  const Cifar100File file(testing::write_records(folder, testing::sample_records(250)), 250);
  ASSERT_EQ(file.size(), 250);
  for (std::int64_t index = 0; index < 250; ++index) {
    EXPECT_EQ(file.fine_label(index), index % 100);
    EXPECT_EQ(file.coarse_label(index), index % 20);
    EXPECT_EQ(file.pixels(index).front(), testing::sample_pixel(index, 0));
    EXPECT_EQ(file.pixels(index).back(), testing::sample_pixel(index, 3071));
  }
}

TEST(Cifar100File, LimitUsesTheFirstRecords) {
  const TemporaryFolder folder;
  const auto path = testing::write_records(folder, testing::sample_records(5));
  EXPECT_EQ(Cifar100File(path, 5, 3).size(), 3);
  EXPECT_EQ(Cifar100File(path, 5, 9).size(), 5);
}

TEST(Cifar100File, RejectsAWrongLengthWithBothNumbers) {
  const TemporaryFolder folder;
  auto bytes = testing::sample_records(3);
  bytes.pop_back();
  const auto path = testing::write_records(folder, bytes);
  EXPECT_EQ(message_of_opening(path, 3),
            path.string() + ": too short: expected 9222 bytes (3 records of 3074), found 9221");
  EXPECT_EQ(message_of_opening(path, 2),
            path.string() + ": too long: expected 6148 bytes (2 records of 3074), found 9221");
  EXPECT_EQ(message_of_opening(path, 0), path.string() + ": holds no records");
}

TEST(Cifar100File, RejectsALabelOutOfRangeWithItsRecord) {
  const TemporaryFolder folder;
  auto bytes = testing::sample_records(20);
  bytes[std::size_t{17} * 3074 + 1] = static_cast<char>(137);
  auto path = testing::write_records(folder, bytes);
  EXPECT_EQ(message_of_opening(path, 20),
            path.string() + ": record 17: fine label 137 is out of range (0..99)");
  EXPECT_EQ(message_of_opening(path, 20, 17), "no error") << "a record that is not used";
  bytes[std::size_t{17} * 3074 + 1] = 99;
  bytes[std::size_t{3} * 3074] = 20;
  path = testing::write_records(folder, bytes);
  EXPECT_EQ(message_of_opening(path, 20),
            path.string() + ": record 3: coarse label 20 is out of range (0..19)");
}

TEST(Cifar100File, RejectsAMissingFileAndAMissingRecord) {
  const TemporaryFolder folder;
  EXPECT_EQ(message_of_opening(folder.path() / "none.bin", 1),
            (folder.path() / "none.bin").string() + ": cannot read it: No such file or directory");
  const Cifar100File file(testing::write_records(folder, testing::sample_records(2)), 2);
  EXPECT_THROW(file.pixels(2), Error);
  EXPECT_THROW(file.fine_label(-1), Error);
}

}  // namespace
}  // namespace dplaunch
