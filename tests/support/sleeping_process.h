#pragma once

#include <fcntl.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <string>

#include "base/files/unique_fd.h"

namespace dplaunch::testing {

/// A real process `sleep 600` that calls itself `name`; killed at the end of its life.
class SleepingProcess {
 public:
  explicit SleepingProcess(const std::string& name) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    const UniqueFd reading(ends[0]);
    UniqueFd writing(ends[1]);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::execl("/bin/sleep", name.c_str(), "600", nullptr);
      ::_exit(127);
    }
    writing.reset();
    char none = 0;
    if (pid_ < 0 || ::read(reading.get(), &none, 1) != 0) {  // its end comes with the exec
      throw std::runtime_error("cannot start sleep");
    }
  }
  SleepingProcess(const SleepingProcess&) = delete;
  SleepingProcess& operator=(const SleepingProcess&) = delete;
  ~SleepingProcess() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

inline std::string own_user() {
  const passwd* entry = ::getpwuid(::geteuid());
  return entry == nullptr ? std::to_string(::geteuid()) : entry->pw_name;
}

}  // namespace dplaunch::testing
