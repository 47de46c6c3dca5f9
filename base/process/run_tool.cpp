#include "base/process/run_tool.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/files/unique_fd.h"

namespace dplaunch {
namespace {

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

/// Between fork and exec: async-signal-safe calls only.
[[noreturn]] void become_tool(char* const* argv, int output_fd, int error_fd, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(to_int(ExitCode::kTerminated));
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  if (::dup2(output_fd, STDOUT_FILENO) >= 0) ::execvp(argv[0], argv);
  const int error_number = errno;
  [[maybe_unused]] const auto written = ::write(error_fd, &error_number, sizeof error_number);
  ::_exit(to_int(ExitCode::kNotFound));
}

std::string read_to_end(int fd) {
  std::string content;
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto count = ::read(fd, buffer.data(), buffer.size());
    if (count > 0) {
      content.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (count == 0 || errno != EINTR) {
      return content;
    }
  }
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) throw system_error(ExitCode::kFailure, "wait for a child", errno);
  }
  return status;
}

void throw_if_not_started(const std::string& tool, const std::string& exec_error) {
  int error_number = 0;
  if (exec_error.size() != sizeof error_number) return;
  std::memcpy(&error_number, exec_error.data(), sizeof error_number);
  if (error_number == ENOENT) {
    throw Error(ExitCode::kNotFound, tool + ": not found on PATH; dplaunch data runs it",
                "install it (Debian, Ubuntu: apt-get install curl tar gzip coreutils)");
  }
  throw system_error(ExitCode::kNotExecutable, "run " + tool, error_number);
}

void throw_if_killed(const std::string& tool, int status) {
  if (!WIFSIGNALED(status)) return;
  const int signal_number = WTERMSIG(status);
  if (signal_number == SIGINT) throw Error(ExitCode::kInterrupted, "interrupted during " + tool);
  if (signal_number == SIGTERM) throw Error(ExitCode::kTerminated, "terminated during " + tool);
  throw Error(ExitCode::kFailure, tool + " was killed by signal " + std::to_string(signal_number) +
                                      " (" + ::strsignal(signal_number) + ")");
}

}  // namespace

ToolResult run_tool(const std::vector<std::string>& argv) {
  std::vector<char*> arguments;
  arguments.reserve(argv.size() + 1);
  for (const auto& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);

  Pipe output = make_pipe();
  Pipe exec_error = make_pipe();  // closed by a successful exec
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw system_error(ExitCode::kFailure, "start " + argv.front(), errno);
  if (pid == 0) {
    become_tool(arguments.data(), output.write_end.get(), exec_error.write_end.get(), parent);
  }
  output.write_end.reset();
  exec_error.write_end.reset();
  const std::string start_error = read_to_end(exec_error.read_end.get());
  ToolResult result;
  result.output = read_to_end(output.read_end.get());
  const int status = wait_for(pid);
  throw_if_not_started(argv.front(), start_error);
  throw_if_killed(argv.front(), status);
  result.exit_code = WEXITSTATUS(status);
  return result;
}

}  // namespace dplaunch
