#include "launcher/commands/doctor/check_kernel.h"

#include <cerrno>

#include "tests/launcher/commands/doctor/judge.h"

namespace dplaunch::doctor {
namespace {

using testing::expect_rows;

TEST(Doctor, JudgesTheKernel) {
  using Facts = KernelFacts;
  Facts healthy;
  healthy.release = "6.1.0";
  healthy.ptrace_scope = 0;
  expect_rows<Facts>(
      healthy, check_kernel,
      {{"old", [](Facts& f) { f.pidfd_errno = ENOSYS; }, Severity::kNote,
        "Function not implemented: the end of processes is heard of by SIGCHLD", "Linux 5.3"},
       {"filtered",
        [](Facts& f) {
          f.pidfd_errno = EPERM;
          f.is_filtered = true;
        },
        Severity::kNote, "Operation not permitted", "seccomp=unconfined"},
       {"affinity", [](Facts& f) { f.affinity_errno = EPERM; }, Severity::kWarn, "cannot be bound",
        "sandbox"},
       {"death signal", [](Facts& f) { f.parent_death_signal_errno = EPERM; }, Severity::kFail,
        "no process can be started", "sandbox"},
       {"sub-reaper", [](Facts& f) { f.subreaper_errno = EINVAL; }, Severity::kWarn,
        "outlive the job", "sandbox"},
       {"Yama", [](Facts& f) { f.ptrace_scope = 1; }, Severity::kNote, "ptrace_scope 1",
        "SYS_PTRACE"},
       {"Yama for good", [](Facts& f) { f.ptrace_scope = 3; }, Severity::kNote, "ptrace_scope 3",
        "until a reboot"}});
}

}  // namespace
}  // namespace dplaunch::doctor
