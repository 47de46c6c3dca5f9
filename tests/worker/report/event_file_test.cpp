#include "worker/report/event_file.h"

#include <gmock/gmock.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <numeric>

#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

using testing::read_text;
using ::testing::SizeIs;
using testing::TemporaryFolder;

template <typename Number>
Number number_at(std::string_view bytes, std::size_t offset) {
  static_assert(std::endian::native == std::endian::little);
  Number number{};
  std::memcpy(&number, bytes.substr(offset, sizeof number).data(), sizeof number);
  return number;
}

/// TFRecord's, as https://www.tensorflow.org/tutorials/load_data/tfrecord defines it.
std::uint32_t masked_crc(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8;
}

/// The records of a TFRecord file: length, its CRC, the bytes, their CRC.
std::vector<std::string> records_of(std::string_view file) {
  std::vector<std::string> records;
  while (!file.empty()) {
    const auto length = number_at<std::uint64_t>(file, 0);
    EXPECT_EQ(number_at<std::uint32_t>(file, 8), masked_crc(file.substr(0, 8)));
    const std::string_view record = file.substr(12, length);
    EXPECT_EQ(number_at<std::uint32_t>(file, 12 + length), masked_crc(record));
    records.emplace_back(record);
    file.remove_prefix(16 + length);
  }
  return records;
}

std::vector<std::string> records_in(const TemporaryFolder& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_TRUE(entry.path().filename().string().starts_with("events.out.tfevents."));
    return records_of(read_text(entry.path()));
  }
  ADD_FAILURE() << "no event file";
  return {};
}

/// An event without its wall time, field 1 as a double, which is checked to be of these years.
std::string without_wall_time(const std::string& event) {
  EXPECT_EQ(event[0], '\x09');
  const auto seconds = number_at<double>(event, 1);
  EXPECT_GT(seconds, 1.6e9);
  EXPECT_LT(seconds, 1e10);
  return event.substr(9);
}

// RFC 3720, appendix B.4.
TEST(Crc32c, PublishedValues) {
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  std::string bytes(32, '\0');
  std::iota(bytes.begin(), bytes.end(), '\0');
  EXPECT_EQ(crc32c(bytes), 0x46dd794eU);
  EXPECT_EQ(crc32c(std::string(bytes.rbegin(), bytes.rend())), 0x113fdb5cU);
  const char read_command[] =
      "\x01\xc0\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
      "\x14\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x14\x00\x00\x00\x18"
      "\x28\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00";
  EXPECT_EQ(crc32c({read_command, 48}), 0xd9963a56U);
}

TEST(Crc32c, CheckValueOfTheCatalogue) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(""), 0U);
}

// The bytes were composed by hand from event.proto, summary.proto and the wire format.
TEST(EventFile, BeginsWithItsVersionAndWhereItStarts) {
  const TemporaryFolder folder;
  { const EventFile file(folder.path(), 300); }
  const auto records = records_in(folder);
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(without_wall_time(records[0]), std::string("\x10\x00\x1a\x0d"
                                                       "brain.Event:2",
                                                       17));
  // Step 300 is ac 02, the wire format's own example; session_log { status: START }.
  EXPECT_EQ(without_wall_time(records[1]), "\x10\xac\x02\x3a\x02\x08\x01");
}

TEST(EventFile, AddsAllScalarsOfAStepAsOneEvent) {
  const TemporaryFolder folder;
  EventFile file(folder.path(), 1);
  file.add(7, {{"a", 1.5}, {"bc", -2}});
  const auto records = records_in(folder);
  ASSERT_THAT(records, SizeIs(3)) << "it is flushed";
  EXPECT_EQ(without_wall_time(records[2]), std::string("\x10\x07\x2a\x15"
                                                       "\x0a\x08\x0a\x01"
                                                       "a\x15\x00\x00\xc0\x3f"
                                                       "\x0a\x09\x0a\x02"
                                                       "bc\x15\x00\x00\x00\xc0",
                                                       25));
}

TEST(EventFile, WithoutItsFolderIsAnErrorOfStorage) {
  const TemporaryFolder folder;
  const Error error = testing::error_of([&] { EventFile(folder / "none", 1); });
  EXPECT_EQ(error.code(), ExitCode::kStorage);
  testing::expect_contains(error.what(), "cannot append");
}

}  // namespace
}  // namespace dplaunch
