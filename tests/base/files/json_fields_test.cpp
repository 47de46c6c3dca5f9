#include "base/files/json_fields.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;
using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;
using testing::write_text;

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

std::string object_of(std::size_t members) {
  std::string text = "{";
  for (std::size_t i = 0; i < members; ++i) {
    text += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":0";
  }
  return text + "}";
}

TEST(ParseJson, TakesWhatIsWithinItsBounds) {
  EXPECT_EQ(parse_json(nested(kMaxJsonDepth)).dump(), nested(kMaxJsonDepth));
  EXPECT_EQ(parse_json(object_of(kMaxJsonMembers)).size(), kMaxJsonMembers);
  EXPECT_EQ(parse_json(R"({"a": "[[{\"\\", "b": []})").size(), 2U) << "a string is no nesting";
}

// Copying or showing a value that is nested 300,000 deep overflows the stack.
TEST(ParseJson, RefusesWhatIsNot) {
  for (const std::string& text :
       {nested(kMaxJsonDepth + 1), nested(300'000), object_of(kMaxJsonMembers + 1),
        object_of(300'000), std::string(300'000, '['), std::string("\"\\"), std::string()}) {
    EXPECT_TRUE(parse_json(text).is_discarded()) << text.substr(0, 100);
  }
}

TEST(ReadJsonObject, NamesTheFileThatItCannotRead) {
  const TemporaryFolder folder;
  EXPECT_FALSE(read_json_object(folder / "absent.json"));
  write_text(folder / "deep.json", "{\"a\":" + nested(300'000) + "}");
  fs::create_directory(folder / "folder.json");
  ASSERT_EQ(::mkfifo((folder / "fifo.json").c_str(), 0600), 0);
  for (const char* name : {"deep.json", "folder.json", "fifo.json"}) {
    const Error error = error_of([&] { read_json_object(folder / name); });
    EXPECT_EQ(error.code(), ExitCode::kStorage);
    expect_contains(error.what(), (folder / name).string() + ": ");
  }
}

}  // namespace
}  // namespace dplaunch
