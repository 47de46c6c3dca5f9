#include <cerrno>
#include <cstring>

#include "base/text/printable.h"
#include "launcher/commands/doctor/checks.h"

namespace dplaunch::doctor {
namespace {

/// Why a system call that every Linux from 5.3 on grants to anyone failed.
std::string grant(const KernelFacts& facts) {
  return facts.is_filtered
             ? "a seccomp filter forbids it: update the container's runtime, or start it with "
               "docker run --security-opt seccomp=unconfined"
             : "use Linux 5.3 or newer; if it is, a sandbox (gVisor, a security module) forbids it";
}

void judge(Findings& findings, const KernelFacts& facts, Severity severity, int error_number,
           const char* call, const char* consequence) {
  if (error_number == 0) return;
  findings.push_back({severity, call, std::string(std::strerror(error_number)) + ": " + consequence,
                      grant(facts)});
}

Findings check_ptrace(const KernelFacts& facts) {
  if (facts.ptrace_scope.value_or(0) == 0) return {};
  return {{Severity::kNote, "stack traces",
           "Yama (ptrace_scope " + std::to_string(*facts.ptrace_scope) +
               ") keeps py-spy and gdb -p away from a running Python; our own workers print "
               "theirs anyway",
           *facts.ptrace_scope == 3
               ? "ptrace_scope 3 lasts until a reboot"
               : "run them as root, or sysctl kernel.yama.ptrace_scope=0; in a container "
                 "--cap-add SYS_PTRACE"}};
}

}  // namespace

Findings check_kernel(const KernelFacts& facts) {
  Findings findings;
  judge(findings, facts, Severity::kFail, facts.pidfd_errno, "pidfd_open",
        "processes cannot be watched without delay, nor killed for certain");
  judge(findings, facts, Severity::kFail, facts.parent_death_signal_errno, "PR_SET_PDEATHSIG",
        "no process can be started");
  judge(findings, facts, Severity::kWarn, facts.subreaper_errno, "PR_SET_CHILD_SUBREAPER",
        "what workers start may outlive the job");
  judge(findings, facts, Severity::kWarn, facts.affinity_errno, "sched_setaffinity",
        "processes cannot be bound to cores");
  const Findings traces = check_ptrace(facts);
  findings.insert(findings.end(), traces.begin(), traces.end());
  const bool works = worst(findings) < Severity::kWarn;
  if (works) {
    findings.push_back(
        {Severity::kOk, "kernel", "Linux " + printable(facts.release) + " grants what is needed"});
  }
  return findings;
}

}  // namespace dplaunch::doctor
