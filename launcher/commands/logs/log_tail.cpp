#include "launcher/commands/logs/log_tail.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/files/read_file.h"

namespace dplaunch {
namespace {

constexpr std::size_t kReadBytes = 65536;

}  // namespace

void LogTail::open_at_last(std::optional<std::int64_t> lines) {
  if (open() && lines) offset_ = start_of_last(*lines);
}

LogTail::News LogTail::read_on(const TakeBytes& take) {
  if (!file_) {
    if (open()) read_to_end(take);
    return News::kNone;
  }
  // Shorter than what was shown: it was emptied, and holds something new.
  if (size_bytes() < offset_) {
    offset_ = 0;
    read_to_end(take);
    return News::kTruncated;
  }
  read_to_end(take);
  // The rest of the old file was read above: nothing is lost by the change.
  if (!is_replaced() || !open()) return News::kNone;
  read_to_end(take);
  return News::kReplaced;
}

bool LogTail::open() {
  UniqueFd file = open_if_there(path_);
  if (!file) return false;
  file_ = std::move(file);
  offset_ = 0;
  return true;
}

bool LogTail::is_replaced() const {
  struct stat ours {
  }, named{};
  if (::fstat(file_.get(), &ours) != 0 || ::stat(path_.c_str(), &named) != 0) return false;
  return ours.st_dev != named.st_dev || ours.st_ino != named.st_ino;
}

void LogTail::read_to_end(const TakeBytes& take) {
  std::vector<char> buffer(kReadBytes);
  while (true) {
    const std::size_t count = read_at(file_.get(), static_cast<std::size_t>(offset_), buffer.data(),
                                      buffer.size(), path_);
    if (count == 0) return;
    offset_ += static_cast<off_t>(count);
    take({buffer.data(), count});
  }
}

off_t LogTail::size_bytes() const {
  struct stat info {};
  return ::fstat(file_.get(), &info) == 0 ? info.st_size : 0;
}

off_t LogTail::start_of_last(std::int64_t lines) const {
  const off_t size = size_bytes();
  if (lines <= 0) return size;
  std::vector<char> buffer(kReadBytes);
  for (off_t end = size; end > 0;) {
    const off_t begin = std::max<off_t>(0, end - static_cast<off_t>(buffer.size()));
    const std::size_t count = read_at(file_.get(), static_cast<std::size_t>(begin), buffer.data(),
                                      static_cast<std::size_t>(end - begin), path_);
    for (std::size_t i = count; i > 0; --i) {
      const off_t place = begin + static_cast<off_t>(i);  // behind the byte
      // The end of the last line begins no further one.
      if (buffer[i - 1] == '\n' && place < size && --lines == 0) return place;
    }
    end = begin;
  }
  return 0;
}

}  // namespace dplaunch
