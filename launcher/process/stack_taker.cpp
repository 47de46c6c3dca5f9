#include "launcher/process/stack_taker.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/files/read_file.h"
#include "base/files/unique_fd.h"
#include "base/process/describe_process.h"
#include "base/process/descriptors.h"
#include "base/process/signals_blocked.h"

namespace dplaunch {
namespace {

/// Between fork and exec: async-signal-safe calls only. The launcher has threads.
[[noreturn]] void become(char* const* words, const ProcessMark& job, int null_fd, pid_t launcher) {
  job.put_on_this_process();
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != launcher) ::_exit(1);
  // Of its own, so that what a terminal sends to the launcher does not end it half way.
  ::setpgid(0, 0);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null_fd, fd);
  close_from(STDERR_FILENO + 1);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execv(words[0], words);
  ::_exit(1);
}

/// Written since, whole.
std::string new_text(const std::filesystem::path& file, std::filesystem::file_time_type before) {
  constexpr std::size_t kMaxBytes = 4 << 20;
  std::error_code error;
  if (std::filesystem::last_write_time(file, error) <= before || error) return {};
  try {
    return read_file(file, kMaxBytes).value_or("");
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

StackTaker::~StackTaker() {
  if (!is_at_work()) return;
  ::kill(pid_, SIGKILL);
  reap(0);
}

bool StackTaker::reap(int options) {
  pid_t reaped = 0;
  while ((reaped = ::waitpid(pid_, nullptr, options)) < 0 && errno == EINTR) {
  }
  if (reaped == 0) return false;
  descendants_.unspare(pid_);
  pid_ = 0;
  return true;
}

void StackTaker::start_process(const std::string& folder) {
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  std::string name = "/proc/self/exe";  // also where an upgrade has replaced the file
  std::string verb = "stacks";
  std::string run = folder;
  std::string save = "--save";
  std::string by_itself = "--by-itself";
  char* const words[] = {name.data(), verb.data(),      run.data(),
                         save.data(), by_itself.data(), nullptr};
  const pid_t launcher = ::getpid();
  // A signal that comes before exec must not run the launcher's handlers in the child.
  const SignalsBlocked blocked;
  pid_ = ::fork();
  if (pid_ == 0) become(words, job_, null.get(), launcher);
  if (pid_ > 0) descendants_.spare(pid_);  // else no more processes: the job has other troubles
}

void StackTaker::start(const RunFolder& folder, OnEnd on_end) {
  if (is_at_work() || program_name(::getpid()) != "dplaunch") return;
  file_ = folder.stacks();
  std::error_code error;
  before_ = std::filesystem::last_write_time(file_, error);
  if (error) before_ = std::filesystem::file_time_type::min();
  on_end_ = std::move(on_end);
  start_process(folder.root().string());
}

void StackTaker::look() {
  if (!is_at_work() || !reap(WNOHANG)) return;
  on_end_(new_text(file_, before_));
}

}  // namespace dplaunch
