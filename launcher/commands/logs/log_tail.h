#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "base/files/unique_fd.h"

namespace dplaunch {

/// Takes bytes that were read.
using TakeBytes = std::function<void(std::string_view)>;

/// A log file that grows, may be cut off and may be replaced by a new one. For one thread.
class LogTail {
 public:
  enum class News { kNone, kTruncated, kReplaced };

  explicit LogTail(std::filesystem::path path) : path_(std::move(path)) {}

  /// Goes to where the last `lines` lines begin (nullopt: all), if the file is there. A last line
  /// without an end counts. Throws Error(kStorage) if it cannot be read.
  void open_at_last(std::optional<std::int64_t> lines);

  /// Gives what has come since the last time. Says whether the file is another than it was, in
  /// which case all of the new content is given. A file that is not there (any more) gives nothing.
  News read_on(const TakeBytes& take);

  bool is_open() const { return static_cast<bool>(file_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  bool open();
  bool is_replaced() const;
  void read_to_end(const TakeBytes& take);
  off_t size_bytes() const;
  off_t start_of_last(std::int64_t lines) const;

  std::filesystem::path path_;
  UniqueFd file_;
  off_t offset_ = 0;
};

}  // namespace dplaunch
