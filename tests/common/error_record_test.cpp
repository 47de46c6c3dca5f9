#include "common/error_record.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;
using testing::read_text;
using testing::TemporaryFolder;
using testing::write_text;

std::optional<ErrorRecord> read_record_of(const std::string& text) {
  const TemporaryFolder folder;
  write_text(folder / "error-0.json", text);
  return read_error_record(folder / "error-0.json");
}

TEST(ErrorRecord, SurvivesTheWayThroughTheFile) {
  const ErrorRecord written{
      "line one\nline \"two\" \\ 漢", "try again", "Traceback...", 1234567890123, 7, true};
  const TemporaryFolder folder;
  write_error_record(folder / "error-0.json", written);
  const auto read = read_error_record(folder / "error-0.json");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->message, written.message);
  EXPECT_EQ(read->hint, written.hint);
  EXPECT_EQ(read->traceback, written.traceback);
  EXPECT_EQ(read->monotonic_ns, written.monotonic_ns);
  EXPECT_EQ(read->exit_code, written.exit_code);
  EXPECT_EQ(read->is_consequence, written.is_consequence);
}

TEST(ErrorRecord, KeepsTheRestOfAMessageWithBytesThatAreNoText) {
  const TemporaryFolder folder;
  ErrorRecord record;
  record.message = "file \xff\xfe.bin is short";
  write_error_record(folder / "error-0.json", record);
  const auto read = read_error_record(folder / "error-0.json");
  ASSERT_TRUE(read.has_value());
  testing::expect_contains(read->message, ".bin is short");
}

// Such a value is copied with the stack: 300,000 deep it would end the launcher.
TEST(ErrorRecord, IsNoneWhereItIsNestedTooDeeply) {
  const std::string deep = std::string(300'000, '[') + std::string(300'000, ']');
  EXPECT_FALSE(read_record_of(R"({"message": {"message": "x", "extraInfo": )" + deep + "}}"));
}

// The layout that torch.distributed.elastic's error handler writes, by its documentation.
TEST(ErrorRecord, ReadsWhatTorchelasticChildrenWrite) {
  const auto record = read_record_of(
      R"({"message": {"message": "ValueError: bad shape", "errorCode": 3, "extraInfo":
          {"py_callstack": "Traceback (most recent call last):\n...", "timestamp": "1700000000"}}})");
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->message, "ValueError: bad shape");
  EXPECT_EQ(record->traceback, "Traceback (most recent call last):\n...");
  EXPECT_EQ(record->exit_code, 3);
  EXPECT_EQ(record->monotonic_ns, 0) << "it did not say when";
  EXPECT_FALSE(record->is_consequence);
}

TEST(ErrorRecord, ReadsABareMessage) {
  const auto record = read_record_of(R"({"message": "something broke"})");
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->message, "something broke");
  EXPECT_EQ(record->exit_code, 1);
}

TEST(ErrorRecord, HasTorchelasticsLayoutInTheFile) {
  const TemporaryFolder folder;
  ErrorRecord record;
  record.message = "disk full";
  record.exit_code = 7;
  write_error_record(folder / "error-0.json", record);
  const auto document = nlohmann::json::parse(read_text(folder / "error-0.json"));
  EXPECT_EQ(document.at("message").at("message"), "disk full");
  EXPECT_EQ(document.at("message").at("errorCode"), 7);
  const auto& extra = document.at("message").at("extraInfo");
  EXPECT_GT(std::stoll(extra.at("timestamp").get<std::string>()), 1700000000);
  EXPECT_FALSE(extra.contains("py_callstack")) << "torchrun would show it in the message's place";
}

TEST(ErrorRecord, NothingReadableIsNoRecord) {
  const TemporaryFolder folder;
  EXPECT_FALSE(read_error_record(folder / "absent.json").has_value());
  EXPECT_FALSE(read_error_record(folder.path()).has_value()) << "a folder";
  for (const std::string text :
       {"", "{", "null", "[]", "7", "\"text\"", "{\"message\": 7}", "{\"message\": null}",
        "{\"message\": []}", "{\"other\": {}}", "{\"message\": {\"message\": 7}}",
        "{\"message\": {\"message\": \"a\", \"errorCode\": \"b\"}}",
        "{\"message\": {\"message\": \"a\", \"extraInfo\": 7}}",
        "{\"message\": {\"message\": \"a\", \"extraInfo\": {\"hint\": 7}}}", "\xff\xfe\x00"}) {
    EXPECT_FALSE(read_record_of(text).has_value()) << text;
  }
}

TEST(ErrorRecord, AnExitCodeThatIsNoneIsReadAsFailure) {
  for (const std::string code : {"1e300", "-1", "0", "256", "99999999999999999999", "2.5"}) {
    const auto record =
        read_record_of(R"({"message": {"message": "a", "errorCode": )" + code + "}}");
    ASSERT_TRUE(record.has_value()) << code;
    EXPECT_EQ(record->exit_code, 1) << code;
  }
}

// Converting such a number would be undefined behaviour.
TEST(ErrorRecord, AMomentThatIsNoWholeNumberIsReadAsUnknown) {
  for (const std::string ns : {"1e300", "-1e300", "1.5"}) {
    const auto record =
        read_record_of(R"({"message": {"message": "a", "monotonicNs": )" + ns + "}}");
    ASSERT_TRUE(record.has_value()) << ns;
    EXPECT_EQ(record->monotonic_ns, 0) << ns;
  }
  EXPECT_FALSE(read_record_of(R"({"message": {"message": "a", "monotonicNs": "1"}})").has_value());
}

// Run under AddressSanitizer and UndefinedBehaviorSanitizer in CI: no damaged record may hurt.
TEST(ErrorRecord, DamagedRecordsAreReadOrRefusedButNeverHurt) {
  const TemporaryFolder folder;
  const fs::path file = folder / "error-0.json";
  write_error_record(file, {"message", "hint", "traceback", 5, 7, true});
  const std::string whole = read_text(file);
  std::mt19937 random(7);
  int readable = 0;
  for (int round = 0; round < 500; ++round) {
    std::string damaged = whole;
    for (int i = 0; i < 3; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
    damaged.resize(random() % 2 == 0 ? damaged.size() : random() % damaged.size());
    write_text(file, damaged);
    readable += read_error_record(file).has_value() ? 1 : 0;
  }
  EXPECT_GT(readable, 0) << "the damage never left a record readable: too coarse a test";
  EXPECT_LT(readable, 500);
}

}  // namespace
}  // namespace dplaunch
