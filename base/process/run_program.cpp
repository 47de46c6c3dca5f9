#include "base/process/run_program.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/files/unique_fd.h"
#include "base/process/process_table.h"
#include "base/process/shortage.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

using Clock = std::chrono::steady_clock;
using Deadline = std::optional<Clock::time_point>;

constexpr std::size_t kMaxOutputBytes = 65536;

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw system_error(ExitCode::kFailure, "make a pipe", errno);
  }
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// Point into `texts`, which must outlive them.
std::vector<char*> c_strings(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// What the child needs, made ready before the fork: after it no memory may be allocated.
struct Start {
  char* const* argv;
  char* const* environment;
  bool captures_errors;
  const rlimit* file_bytes;  ///< nullptr: as it is
  const cpu_set_t* cpus;     ///< nullptr: as it is
  pid_t parent;
  int no_input_fd;
  int output_fd;
  int error_fd;  ///< for the errno of a failed exec
};

/// Between fork and exec: async-signal-safe calls only.
[[noreturn]] void become_program(const Start& start) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  // The parent may have died before that call.
  if (::getppid() != start.parent) ::_exit(to_int(ExitCode::kTerminated));
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  if (start.file_bytes != nullptr) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, start.file_bytes);
  }
  if (start.cpus != nullptr) ::sched_setaffinity(0, sizeof *start.cpus, start.cpus);
  const bool is_connected = ::dup2(start.no_input_fd, STDIN_FILENO) >= 0 &&
                            ::dup2(start.output_fd, STDOUT_FILENO) >= 0 &&
                            (!start.captures_errors || ::dup2(start.output_fd, STDERR_FILENO) >= 0);
  if (is_connected) {
    // execvpe would hand a path that is no program to a shell.
    const bool is_path = std::strchr(start.argv[0], '/') != nullptr;
    const auto execute = is_path ? ::execve : ::execvpe;
    execute(start.argv[0], start.argv, start.environment);
  }
  const int error_number = errno;
  [[maybe_unused]] const auto written = ::write(start.error_fd, &error_number, sizeof error_number);
  ::_exit(to_int(ExitCode::kNotFound));
}

/// Owns a child that was started: it is killed and reaped at the latest by the destructor.
class Child {
 public:
  explicit Child(const Start& start) : pid_(::fork()) {
    if (pid_ < 0) {
      throw system_error(ExitCode::kFailure, fmt::format("start {}", start.argv[0]), errno,
                         shortage_hint(errno));
    }
    if (pid_ == 0) become_program(start);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ > 0) kill_and_wait();
  }

  pid_t pid() const { return pid_; }

  /// Its wait status.
  int wait() {
    int status = 0;
    while (::wait4(pid_, &status, 0, &usage_) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }
  /// Once it has been waited for.
  double cpu_seconds() const { return seconds(usage_.ru_utime) + seconds(usage_.ru_stime); }

  int kill_and_wait() {
    ::kill(pid_, SIGKILL);
    return wait();
  }

 private:
  static double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  }

  pid_t pid_;
  rusage usage_{};
};

cpu_set_t set_of(const std::vector<int>& cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) {
    if (cpu < CPU_SETSIZE) CPU_SET(cpu, &set);
  }
  return set;
}

/// What is waited for ends the waiting, or the deadline does; meanwhile the program is watched.
struct Waiting {
  Deadline deadline;
  std::function<void()> watch;
  std::chrono::milliseconds watch_interval;
  Clock::time_point watched = Clock::now();

  /// How long poll() may wait; -1: for ever. nullopt once the deadline has passed.
  std::optional<int> timeout_ms(Clock::time_point now) const {
    std::optional<std::chrono::milliseconds> wait;
    const auto at_most = [&](Clock::time_point until) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now);
      if (!wait || left < *wait) wait = left;
    };
    if (deadline && *deadline <= now) return std::nullopt;
    if (deadline) at_most(*deadline);
    if (watch) at_most(watched + watch_interval);
    return wait ? std::max(0, static_cast<int>(wait->count())) : -1;
  }

  void watch_if_due() {
    if (!watch || Clock::now() < watched + watch_interval) return;
    watched = Clock::now();
    watch();
  }
};

/// False once the deadline has passed.
bool wait_until_readable(int fd, Waiting& waiting) {
  while (const std::optional<int> timeout_ms = waiting.timeout_ms(Clock::now())) {
    pollfd readable{fd, POLLIN, 0};
    if (::poll(&readable, 1, *timeout_ms) > 0) return true;
    waiting.watch_if_due();
  }
  return false;
}

/// What a successful exec closes without a word.
int read_start_error(int fd) {
  int error_number = 0;
  ssize_t count = 0;
  do {
    count = ::read(fd, &error_number, sizeof error_number);
  } while (count < 0 && errno == EINTR);
  return count == sizeof error_number ? error_number : 0;
}

enum class Reading { kDone, kTooSlow, kTooMuch };

/// Until all have closed the other end.
Reading read_output(int fd, Waiting& waiting, std::string& output) {
  std::array<char, 4096> buffer{};
  while (output.size() < kMaxOutputBytes) {
    if (!wait_until_readable(fd, waiting)) return Reading::kTooSlow;
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count == 0 || (count < 0 && errno != EINTR)) return Reading::kDone;
    if (count > 0) output.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return Reading::kTooMuch;
}

/// Waits for the end of a child that has closed its output; false if that does not come in time.
/// Where the kernel refuses a pidfd it is taken for granted: hardly any program goes on after that.
bool wait_for_end(pid_t pid, Waiting& waiting) {
  const UniqueFd pidfd(open_pidfd(pid));
  return !pidfd || wait_until_readable(pidfd.get(), waiting);
}

void describe_end(int status, ProgramResult& result) {
  if (WIFSIGNALED(status)) {
    result.signal = WTERMSIG(status);
    result.problem = fmt::format("killed by signal {}", ::strsignal(result.signal));
    return;
  }
  result.exit_code = WEXITSTATUS(status);
  if (result.exit_code != 0) result.problem = fmt::format("exit code {}", result.exit_code);
}

ProgramResult not_started(int error_number) {
  return {.problem = std::strerror(error_number), .start_error = error_number};
}

}  // namespace

ProgramResult run_program(const std::vector<std::string>& argv, const ProgramOptions& options) {
  Deadline deadline;
  if (options.timeout) deadline = Clock::now() + *options.timeout;
  const UniqueFd no_input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!no_input) throw system_error(ExitCode::kFailure, "open /dev/null", errno);
  Pipe output = make_pipe();
  Pipe exec_error = make_pipe();
  const std::vector<char*> arguments = c_strings(argv);
  std::vector<char*> environment;
  if (options.environment) environment = c_strings(*options.environment);
  rlimit file_bytes{};
  ::getrlimit(RLIMIT_FSIZE, &file_bytes);
  const rlim_t wanted_bytes = options.max_file_bytes.value_or(RLIM_INFINITY);
  file_bytes.rlim_cur = std::min(file_bytes.rlim_cur, wanted_bytes);
  const cpu_set_t cpus = set_of(options.cpus);
  const bool has_output = options.output_fd >= 0;
  const Start start{.argv = arguments.data(),
                    .environment = options.environment ? environment.data() : ::environ,
                    .captures_errors = options.captures_errors,
                    .file_bytes = options.max_file_bytes ? &file_bytes : nullptr,
                    .cpus = options.cpus.empty() ? nullptr : &cpus,
                    .parent = ::getpid(),
                    .no_input_fd = no_input.get(),
                    .output_fd = has_output ? options.output_fd : output.write_end.get(),
                    .error_fd = exec_error.write_end.get()};
  Child child(start);
  output.write_end.reset();
  exec_error.write_end.reset();
  if (const int error_number = read_start_error(exec_error.read_end.get())) {
    return not_started(error_number);
  }
  Waiting waiting{deadline, {}, options.watch_interval};
  if (options.watch) waiting.watch = [&] { options.watch(child.pid()); };
  ProgramResult result;
  Reading reading = read_output(output.read_end.get(), waiting, result.output);
  if (reading == Reading::kDone && !wait_for_end(child.pid(), waiting)) {
    reading = Reading::kTooSlow;
  }
  describe_end(reading == Reading::kDone ? child.wait() : child.kill_and_wait(), result);
  result.cpu_seconds = child.cpu_seconds();
  if (reading == Reading::kTooSlow) {
    result.problem = fmt::format("no end after {}", seconds_text(*options.timeout));
  } else if (reading == Reading::kTooMuch) {
    result.problem = "too much output";
  }
  return result;
}

}  // namespace dplaunch
