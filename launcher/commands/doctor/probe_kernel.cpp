#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <optional>

#include "base/files/unique_fd.h"
#include "base/process/usable_cores.h"
#include "launcher/commands/doctor/probes.h"

namespace dplaunch::doctor {
namespace {

// Each asks for what is the case already, so that a refusal shows and nothing changes.

int try_pidfd() {
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
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

}  // namespace dplaunch::doctor
