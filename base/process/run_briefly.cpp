#include "base/process/run_briefly.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/files/unique_fd.h"

namespace dplaunch::doctor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostOutputBytes = 65536;

std::vector<char*> as_c_strings(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// What the child's first three descriptors are.
class FileActions {
 public:
  explicit FileActions(int output_fd) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, output_fd, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, output_fd, STDERR_FILENO);
  }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }

  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

/// Owns a child that was started: it is killed and reaped at the latest by the destructor.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    wait();
  }

  /// Its wait status.
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_;
};

/// Reads until the end of file; false if `deadline` or the largest output came first.
bool read_until(int fd, Clock::time_point deadline, std::string& output) {
  std::array<char, 4096> buffer{};
  while (output.size() < kMostOutputBytes) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd readable{fd, POLLIN, 0};
    if (::poll(&readable, 1, static_cast<int>(left)) <= 0) continue;
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count == 0) return true;
    if (count < 0 && errno != EINTR) return true;
    if (count > 0) output.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return false;
}

std::string problem_of(int status) {
  if (WIFSIGNALED(status)) {
    return std::string("killed by signal ") + ::strsignal(WTERMSIG(status));
  }
  const int code = WEXITSTATUS(status);
  return code == 0 ? std::string() : "exit code " + std::to_string(code);
}

}  // namespace

BriefRun run_briefly(const std::vector<std::string>& argv,
                     const std::vector<std::string>& environment,
                     std::chrono::milliseconds timeout) {
  const Clock::time_point deadline = Clock::now() + timeout;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {{}, std::strerror(errno)};
  UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  const FileActions actions(write_end.get());
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, argv.front().c_str(), actions.get(), nullptr,
                                  as_c_strings(argv).data(), as_c_strings(environment).data());
  if (error != 0) return {{}, std::strerror(error)};
  Child child(pid);
  write_end.reset();
  BriefRun run;
  if (read_until(read_end.get(), deadline, run.output)) {
    run.problem = problem_of(child.wait());
  } else {
    run.problem =
        "no end after " +
        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(timeout).count()) +
        " s, or too much output";
  }
  return run;
}

}  // namespace dplaunch::doctor
