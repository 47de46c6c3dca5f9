#include "base/files/folder_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/error.h"

namespace dplaunch {
namespace {

constexpr char kHint[] = "fs.inotify.max_user_instances and max_user_watches limit them";

}  // namespace

FolderWatch::FolderWatch(const std::filesystem::path& folder)
    : inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  if (!inotify_) throw system_error(ExitCode::kStorage, "cannot watch files", errno, kHint);
  if (::inotify_add_watch(inotify_.get(), folder.c_str(),
                          IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0) {
    throw system_error(ExitCode::kStorage, folder.string() + ": cannot watch the folder", errno,
                       kHint);
  }
}

bool FolderWatch::wait_for_change(int pidfd) const {
  // poll() ignores a descriptor of -1.
  std::array<pollfd, 2> events{{{inotify_.get(), POLLIN, 0}, {pidfd, POLLIN, 0}}};
  while (::poll(events.data(), events.size(), -1) < 0) {
    if (errno != EINTR) throw system_error(ExitCode::kFailure, "cannot wait for files", errno);
  }
  take_events();
  return events[1].revents == 0;
}

/// What has changed does not matter: whoever waits looks at every file anyway.
void FolderWatch::take_events() const {
  alignas(inotify_event) std::array<char, 16384> buffer;
  while (::read(inotify_.get(), buffer.data(), buffer.size()) > 0) {
  }
}

}  // namespace dplaunch
