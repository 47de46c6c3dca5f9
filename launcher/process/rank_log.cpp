#include "launcher/process/rank_log.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/text/words.h"

namespace dplaunch {

// Readable for mark(). O_APPEND: a log that somebody empties while the job runs goes on at its
// beginning, without a hole.
RankLog::RankLog(std::filesystem::path path, bool append)
    : path_(std::move(path)),
      file_(::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | (append ? 0 : O_TRUNC),
                   0666)) {
  if (!file_) {
    throw system_error(ExitCode::kStorage, "cannot write the log " + path_.string(), errno);
  }
}

std::string RankLog::mark(std::string_view line) {
  return write(fmt::format("{}{}\n", ends_within_line() ? "\n" : "", line));
}

bool RankLog::ends_within_line() const {
  const off_t size_bytes = ::lseek(file_.get(), 0, SEEK_END);
  char last = '\n';
  return size_bytes > 0 && ::pread(file_.get(), &last, 1, size_bytes - 1) == 1 && last != '\n';
}

std::string RankLog::write(std::string_view bytes) {
  while (file_ && !bytes.empty()) {
    const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
    if (count > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    const int error = count < 0 ? errno : ENOSPC;
    const bool is_first = lost_bytes_ == 0;
    lost_bytes_ += bytes.size();
    if (!is_first) return {};
    return fmt::format(
        "dplaunch: warning: {}: {}; output is missing in it from here on, the run goes on\n",
        path_.string(), std::strerror(error));
  }
  return {};
}

std::string RankLog::loss() const {
  if (lost_bytes_ == 0) return {};
  return fmt::format("dplaunch: warning: {} lacks {} that could not be written\n", path_.string(),
                     counted(static_cast<std::int64_t>(lost_bytes_), "byte"));
}

}  // namespace dplaunch
