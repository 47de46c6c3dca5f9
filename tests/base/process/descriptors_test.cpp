#include "base/process/descriptors.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <iterator>

namespace dplaunch {
namespace {

/// As before Linux 5.9: the call does not exist.
void forget_close_range() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{static_cast<unsigned short>(std::size(program)), program};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

constexpr int kFirst = 100;
constexpr int kLast = 400;  // so many that one reading of the list does not have them all

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

bool is_closed_on_exec(int fd) {
  return ::fcntl(fd, F_GETFD) == FD_CLOEXEC;
}

template <typename Check>
bool holds_for_all(const Check& check) {
  for (int fd = kFirst; fd <= kLast; ++fd) {
    if (!check(fd)) return false;
  }
  return true;
}

class Descriptors : public ::testing::TestWithParam<bool> {
 protected:
  /// What the check says in a process that has those descriptors.
  template <typename Check>
  static bool in_a_child(bool has_close_range, const Check& check) {
    const pid_t child = ::fork();
    if (child == 0) {
      if (!has_close_range) forget_close_range();
      for (int fd = kFirst - 1; fd <= kLast; ++fd) ::dup2(STDIN_FILENO, fd);
      ::_exit(check() ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status == 0;
  }
};

TEST_P(Descriptors, AreClosedFromANumberOn) {
  EXPECT_TRUE(in_a_child(GetParam(), [] {
    close_from(kFirst);
    return is_open(kFirst - 1) && holds_for_all([](int fd) { return !is_open(fd); });
  }));
}

TEST_P(Descriptors, AreClosedAtTheNextProgram) {
  EXPECT_TRUE(in_a_child(GetParam(), [] {
    close_on_exec_from(kFirst);
    return !is_closed_on_exec(kFirst - 1) && holds_for_all(is_closed_on_exec);
  }));
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutCloseRange, Descriptors, ::testing::Bool());

}  // namespace
}  // namespace dplaunch
