#include "launcher/process/rank_log.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace dplaunch {

// O_APPEND: a log that somebody empties while the job runs goes on at its beginning, without a
// hole.
RankLog::RankLog(std::filesystem::path path, bool append)
    : path_(std::move(path)),
      file_(::open(path_.c_str(),
                   O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (append ? 0 : O_TRUNC), 0666)) {
  if (!file_) {
    throw system_error(ExitCode::kStorage, "cannot write the log " + path_.string(), errno);
  }
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
    if (has_failed_) return {};
    has_failed_ = true;
    return fmt::format(
        "dplaunch: warning: {}: {}; output is missing in it from here on, the run goes on\n",
        path_.string(), std::strerror(error));
  }
  return {};
}

}  // namespace dplaunch
