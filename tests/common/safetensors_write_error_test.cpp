#include <sys/resource.h>

#include <csignal>
#include <vector>

#include "tests/common/tensor_file.h"

namespace dplaunch {
namespace {

using testing::TemporaryFolder;

/// While it lives, no file of this process grows beyond the limit: write() fails half-way, as on a
/// full disk (EFBIG in place of ENOSPC), without the privilege that mounting a small one needs.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t size_bytes) : earlier_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &earlier_), 0);
    const rlimit limit = {size_bytes, earlier_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &earlier_);
    std::signal(SIGXFSZ, earlier_handler_);
  }

 private:
  rlimit earlier_{};
  void (*earlier_handler_)(int);
};

/// The error of writing these tensors; "no error" if it works.
std::string message_of_writing(const std::filesystem::path& path,
                               const std::vector<TensorView>& tensors,
                               const SafetensorsMetadata& metadata = {}) {
  try {
    write_safetensors(path, tensors, metadata);
    return "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kStorage);
    return error.what();
  }
}

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename());
  }
  return names;
}

TEST(SafetensorsWriting, AFullDiskLeavesTheEarlierFileWholeAndNoOther) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a.safetensors";
  const std::string data(100'000, 'x');
  const std::vector<TensorView> small = {{"w", "U8", {4}, "1234", 4}};
  const std::vector<TensorView> large = {{"w", "U8", {100'000}, data.data(), data.size()}};
  write_safetensors(path, small, {});
  const std::string earlier = testing::read_text(path);
  // In the length, in the header, in the data, at the very last byte.
  for (const rlim_t limit : {4, 20, 50'000, 100'000}) {
    const FileSizeLimit full_disk(limit);
    EXPECT_TRUE(message_of_writing(path, large).starts_with(path.string() + ": cannot write: "));
    EXPECT_EQ(testing::read_text(path), earlier) << limit;
    EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"a.safetensors"}) << limit;
  }
  EXPECT_EQ(message_of_writing(path, large), "no error");
  EXPECT_EQ(testing::bytes_of(SafetensorsFile::open(path).tensors()[0]), data);
}

TEST(SafetensorsWriting, WhatTheFormatCannotHoldIsRejectedBeforeAnythingIsWritten) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a.safetensors";
  const auto in_file = [&](const std::string& what) { return path.string() + ": " + what; };
  EXPECT_EQ(message_of_writing(path, {{"w", "F32", {2}, "1234", 4}}),
            in_file("tensor \"w\": shape [2] of F32 needs 8 bytes, but it has 4"));
  EXPECT_EQ(message_of_writing(path, {{"w", "Float", {1}, "1234", 4}}),
            in_file("tensor \"w\": unknown type \"Float\""));
  EXPECT_EQ(message_of_writing(path, {{"w", "U8", {-4}, "1234", 4}}),
            in_file("tensor \"w\": impossible shape [-4]"));
  EXPECT_EQ(message_of_writing(path, {{"w", "U8", {1}, "1", 1}, {"w", "U8", {1}, "2", 1}}),
            in_file("tensor \"w\": the name is taken already"));
  EXPECT_EQ(message_of_writing(path, {{"__metadata__", "U8", {1}, "1", 1}}),
            in_file("tensor \"__metadata__\": the name is taken already"));
  EXPECT_TRUE(
      message_of_writing(path, {}, {{"host", "\xff"}})
          .starts_with(in_file("the header cannot be written: [json.exception.type_error.316]")));
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST(SafetensorsWriting, AMissingFolderIsNamed) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "none" / "a.safetensors";
  EXPECT_EQ(message_of_writing(path, {}),
            path.string() + ": cannot create: No such file or directory");
}

}  // namespace
}  // namespace dplaunch
