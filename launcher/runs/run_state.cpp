#include "launcher/runs/run_state.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/error.h"
#include "base/process/host_name.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

/// Does not wait, and lets go at once: a launcher that starts at this very moment is not refused.
bool is_locked(const RunFolder& folder) {
  const UniqueFd fd(::open(folder.root().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) {
    throw system_error(ExitCode::kStorage, folder.root().string() + ": cannot open the run folder",
                       errno);
  }
  return ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

/// The file name of a process's program; empty if it cannot be known.
std::string program_of(pid_t pid) {
  std::error_code error;
  std::string name =
      fs::read_symlink("/proc/" + std::to_string(pid) + "/exe", error).filename().string();
  // What the kernel appends when the file was replaced meanwhile, as an upgrade does.
  constexpr std::string_view kDeleted = " (deleted)";
  if (name.ends_with(kDeleted)) name.resize(name.size() - kDeleted.size());
  return error ? std::string() : name;
}

bool has_open(pid_t pid, const fs::path& folder) {
  struct stat wanted {};
  if (::stat(folder.c_str(), &wanted) != 0) return false;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(pid) + "/fd", error)) {
    struct stat found {};
    if (::stat(entry.path().c_str(), &found) != 0) continue;
    if (found.st_dev == wanted.st_dev && found.st_ino == wanted.st_ino) return true;
  }
  return false;
}

}  // namespace

RunState run_state(const RunFolder& folder) {
  RunState state;
  state.start = read_start(folder);
  const bool is_here = state.start.host.empty() || state.start.host == host_name();
  if (is_here && is_locked(folder)) {
    state.kind = RunState::Kind::kRunning;
    return state;
  }
  // After the lock: a launcher records the end before it lets go of it.
  state.end = read_end(folder);
  if (state.end) {
    state.kind = RunState::Kind::kEnded;
  } else if (!is_here) {
    state.kind = RunState::Kind::kElsewhere;
  }
  return state;
}

std::string state_name(const RunState& state) {
  switch (state.kind) {
    case RunState::Kind::kRunning:
      return "running";
    case RunState::Kind::kElsewhere:
      return "on another host";
    case RunState::Kind::kLost:
      return "not running";
    case RunState::Kind::kEnded:
      break;
  }
  return state.end->result == "success" ? "finished" : state.end->result;
}

std::optional<Launcher> open_process(pid_t pid) {
  if (pid <= 0) return {};
  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) return {};
  return Launcher{pid, std::move(pidfd)};
}

std::string why_not_launcher_of(const RunFolder& folder, const Launcher& launcher) {
  const std::string process = "process " + std::to_string(launcher.pid);
  const std::string program = program_of(launcher.pid);
  if (program.empty()) return process + " belongs to another user, or has just ended";
  if (program != "dplaunch") return process + " is not dplaunch but " + program;
  if (!has_open(launcher.pid, folder.root())) return process + " is the dplaunch of another run";
  return {};
}

}  // namespace dplaunch
