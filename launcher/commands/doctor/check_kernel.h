#pragma once

#include <optional>
#include <string>

#include "launcher/commands/doctor/findings.h"

namespace dplaunch::doctor {

/// Each `_errno` is 0 if the kernel granted the call.
struct KernelFacts {
  std::string release;
  int pidfd_errno = 0;
  int affinity_errno = 0;
  int parent_death_signal_errno = 0;
  int subreaper_errno = 0;
  bool is_filtered = false;         ///< seccomp filters this process's system calls
  std::optional<int> ptrace_scope;  ///< Yama's; nullopt without Yama
};

KernelFacts probe_kernel();

/// The system calls that supervision rests on, which sandboxes may refuse.
Findings check_kernel(const KernelFacts& facts);

}  // namespace dplaunch::doctor
