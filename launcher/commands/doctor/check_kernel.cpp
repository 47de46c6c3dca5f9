#include "launcher/commands/doctor/check_kernel.h"

#include <fmt/core.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include "base/files/unique_fd.h"
#include "base/process/process_table.h"
#include "base/process/usable_cores.h"
#include "base/text/printable.h"

namespace dplaunch::doctor {

// --- the probe -----------------------------------------------------------------------------------

namespace {

// Each asks for what is the case already, so that a refusal shows and nothing changes.

int try_pidfd() {
  const UniqueFd pidfd(open_pidfd(::getpid()));
  return pidfd ? 0 : errno;
}

int try_affinity() {
  const std::vector<int> cpus = allowed_cpus();
  if (cpus.empty()) return errno;
  constexpr std::size_t kCpusPerSet = 8 * sizeof(cpu_set_t);
  std::vector<cpu_set_t> mask(static_cast<std::size_t>(cpus.back()) / kCpusPerSet + 1);
  const std::size_t size_bytes = mask.size() * sizeof(cpu_set_t);
  for (const int cpu : cpus) CPU_SET_S(static_cast<std::size_t>(cpu), size_bytes, mask.data());
  return ::sched_setaffinity(0, size_bytes, mask.data()) == 0 ? 0 : errno;
}

int try_parent_death_signal() {
  int signal = 0;
  if (::prctl(PR_GET_PDEATHSIG, &signal) != 0) return errno;
  return ::prctl(PR_SET_PDEATHSIG, signal) == 0 ? 0 : errno;
}

int try_subreaper() {
  int is_subreaper = 0;
  if (::prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper) != 0) return errno;
  return ::prctl(PR_SET_CHILD_SUBREAPER, is_subreaper) == 0 ? 0 : errno;
}

/// SECCOMP_MODE_FILTER is 2 in /proc/self/status.
bool has_seccomp_filter() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("Seccomp:")) return line.ends_with("2");
  }
  return false;
}

std::optional<int> ptrace_scope() {
  std::ifstream file("/proc/sys/kernel/yama/ptrace_scope");
  int scope = 0;
  if (file >> scope) return scope;
  return std::nullopt;
}

}  // namespace

KernelFacts probe_kernel() {
  utsname system{};
  ::uname(&system);
  KernelFacts facts;
  facts.release = system.release;
  facts.pidfd_errno = try_pidfd();
  facts.affinity_errno = try_affinity();
  facts.parent_death_signal_errno = try_parent_death_signal();
  facts.subreaper_errno = try_subreaper();
  facts.is_filtered = has_seccomp_filter();
  facts.ptrace_scope = ptrace_scope();
  return facts;
}

// --- the judgement -------------------------------------------------------------------------------

namespace {

/// Why a system call that every Linux from 5.3 on grants to anyone failed.
std::string grant(const KernelFacts& facts) {
  return facts.is_filtered
             ? "a seccomp filter forbids it: update the container's runtime, or start it with "
               "docker run --security-opt seccomp=unconfined"
             : "use Linux 5.3 or newer; if it is, a sandbox (gVisor, a security module) forbids it";
}

void judge_call(Findings& findings, const KernelFacts& facts, Severity severity, int error_number,
                const char* call, const char* consequence) {
  if (error_number == 0) return;
  findings.push_back({severity, call,
                      fmt::format("{}: {}", std::strerror(error_number), consequence),
                      grant(facts)});
}

Findings check_ptrace(const KernelFacts& facts) {
  if (facts.ptrace_scope.value_or(0) == 0) return {};
  return {{Severity::kNote, "stack traces",
           fmt::format("Yama (ptrace_scope {}) keeps py-spy and gdb -p away from a running "
                       "Python; our own workers print theirs anyway",
                       *facts.ptrace_scope),
           *facts.ptrace_scope == 3
               ? "ptrace_scope 3 lasts until a reboot"
               : "run them as root, or sysctl kernel.yama.ptrace_scope=0; in a container "
                 "--cap-add SYS_PTRACE"}};
}

}  // namespace

Findings check_kernel(const KernelFacts& facts) {
  Findings findings;
  judge_call(
      findings, facts, Severity::kNote, facts.pidfd_errno, "pidfd_open",
      "the end of processes is heard of by SIGCHLD, and they are signalled by their numbers");
  judge_call(findings, facts, Severity::kFail, facts.parent_death_signal_errno, "PR_SET_PDEATHSIG",
             "no process can be started");
  judge_call(findings, facts, Severity::kWarn, facts.subreaper_errno, "PR_SET_CHILD_SUBREAPER",
             "what workers start may outlive the job");
  judge_call(findings, facts, Severity::kWarn, facts.affinity_errno, "sched_setaffinity",
             "processes cannot be bound to cores");
  findings = together({findings, check_ptrace(facts)});
  const bool works = worst(findings) < Severity::kWarn;
  if (works) {
    findings.push_back({Severity::kOk, "kernel",
                        fmt::format("Linux {} grants what is needed", printable(facts.release))});
  }
  return findings;
}

}  // namespace dplaunch::doctor
