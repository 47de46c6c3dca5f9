#include "base/process/process_table.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/files/unique_fd.h"
#include "base/text/parse_number.h"

namespace dplaunch {
namespace {

constexpr int kReapTimeoutMs = 2000;

std::optional<ProcessEntry> read_entry(pid_t pid) {
  const std::string stat = read_proc_file(pid, "stat").value_or("");
  // "PID (NAME) STATE PPID PGRP SESSION TTY TPGID FLAGS ...": the name may hold spaces and
  // brackets.
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(stat.substr(name_end + 1));
  ProcessEntry entry;
  entry.pid = pid;
  long session = 0;
  long terminal = 0;
  long foreground = 0;
  fields >> entry.state >> entry.parent >> entry.group >> session >> terminal >> foreground;
  if (!(fields >> entry.flags)) return std::nullopt;
  constexpr int kFieldsBetween = 10;  // page faults, times, priority, nice
  for (int i = 0; i < kFieldsBetween; ++i) fields >> session;
  fields >> entry.threads >> session >> entry.start_ticks;  // between them: the interval timer
  return entry;
}

/// As the kernel lists them; nullopt where it does not. Orphans may fall to any thread.
std::optional<std::vector<pid_t>> listed_children() {
  std::vector<pid_t> children;
  std::error_code error;
  std::filesystem::directory_iterator thread("/proc/self/task", error);
  for (; !error && thread != std::filesystem::directory_iterator(); thread.increment(error)) {
    std::ifstream file(thread->path() / "children");
    if (!file) return std::nullopt;
    for (pid_t pid = 0; file >> pid;) children.push_back(pid);
  }
  if (error) return std::nullopt;
  return children;
}

}  // namespace

// Not std::ifstream: the length of a file in /proc is unknown, and its end may be a read error.
std::optional<std::string> read_proc_file(std::int64_t pid, const char* name,
                                          std::size_t max_bytes) {
  const UniqueFd file(::open(fmt::format("/proc/{}/{}", pid, name).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::string content;
  char buffer[4096];
  ssize_t count = 0;
  while (content.size() < max_bytes && (count = ::read(file.get(), buffer, sizeof buffer)) > 0) {
    content.append(buffer, static_cast<std::size_t>(count));
  }
  content.resize(std::min(content.size(), max_bytes));
  return content;
}

std::optional<ProcessEntry> find_process(pid_t pid) {
  return read_entry(pid);
}

std::vector<ProcessEntry> list_processes() {
  std::vector<ProcessEntry> entries;
  std::error_code ignored;
  for (const auto& folder : std::filesystem::directory_iterator("/proc", ignored)) {
    const auto pid = parse_number<pid_t>(folder.path().filename().native());
    if (!pid) continue;  // not a process: /proc/meminfo and others
    if (const auto entry = read_entry(*pid)) entries.push_back(*entry);
  }
  return entries;
}

std::vector<ProcessEntry> list_children(const std::set<pid_t>& known) {
  std::vector<ProcessEntry> children;
  const std::optional<std::vector<pid_t>> listed = listed_children();
  if (!listed) {
    children = list_processes();
    const auto is_other = [&](const ProcessEntry& entry) {
      return entry.parent != ::getpid() || known.contains(entry.pid);
    };
    children.erase(std::remove_if(children.begin(), children.end(), is_other), children.end());
    return children;
  }
  for (const pid_t pid : *listed) {
    if (known.contains(pid)) continue;
    if (const auto entry = read_entry(pid)) children.push_back(*entry);
  }
  return children;
}

bool is_exiting(pid_t pid) {
  constexpr unsigned kExiting = 0x4;      // PF_EXITING
  constexpr unsigned kDumpsCore = 0x200;  // PF_DUMPCORE
  constexpr unsigned kSignaled = 0x400;   // PF_SIGNALED
  const std::optional<ProcessEntry> entry = read_entry(pid);
  if (!entry) return false;
  // A first thread that has left alone is a zombie too: the others go on.
  const bool goes_on = entry->state == 'Z' && entry->threads > 1;
  return !goes_on && (entry->flags & (kExiting | kDumpsCore | kSignaled)) != 0;
}

bool is_in_signal_set(pid_t pid, std::string_view name, int signal) {
  std::istringstream status(read_proc_file(pid, "status").value_or(""));
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(name) || line[name.size()] != ':') continue;
    const std::uint64_t mask = std::strtoull(line.c_str() + name.size() + 1, nullptr, 16);
    return (mask >> static_cast<unsigned>(signal - 1) & 1U) != 0;
  }
  return false;
}

bool has_children() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

char process_state(pid_t pid) {
  const std::optional<ProcessEntry> entry = read_entry(pid);
  return entry ? entry->state : '?';
}

// By the pidfd: between the question and a kill() by number, the process could end and its number
// be given to another.
bool kill_if(pid_t pid, const std::function<bool()>& belongs) {
  const UniqueFd pidfd(open_pidfd(pid));
  if ((!pidfd && !lacks_pidfds(errno)) || !belongs()) return false;
  if (!pidfd) return ::kill(pid, SIGKILL) == 0;
  return ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0) == 0;
}

bool reap_child(pid_t pid) {
  const UniqueFd pidfd(open_pidfd(pid));
  if (pidfd) {
    pollfd end{pidfd.get(), POLLIN, 0};
    while (::poll(&end, 1, kReapTimeoutMs) < 0 && errno == EINTR) {
    }
  }
  // One that hangs in the kernel does not die of SIGKILL, and must not make us hang as well.
  int left_ms = pidfd ? 0 : kReapTimeoutMs;
  while (::waitpid(pid, nullptr, WNOHANG) == 0) {
    if (left_ms-- <= 0) return false;
    ::poll(nullptr, 0, 1);
  }
  return true;
}

// Not pidfd_open(): Debian 12's glibc declares it, that of older systems does not.
int open_pidfd(pid_t pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

bool lacks_pidfds(int error_number) {
  return error_number == ENOSYS || error_number == EPERM;
}

}  // namespace dplaunch
