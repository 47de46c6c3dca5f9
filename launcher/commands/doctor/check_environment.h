#pragma once

#include <map>
#include <string>
#include <vector>

#include "launcher/commands/doctor/findings.h"

namespace dplaunch::doctor {

struct EnvironmentFacts {
  std::map<std::string, std::string> variables;
  std::vector<std::string> interfaces;  ///< names of this machine's network interfaces
  std::string mask_variable;            ///< which lists the GPUs that a process sees
  std::string mask_note;                ///< what that hides or got wrong; may be empty
  bool is_mask_wrong = false;           ///< it leaves no GPU, or has an entry that means none
  int processes = 1;                    ///< of the job that --device means
  int usable_cores = 1;
};

/// The variables alone.
EnvironmentFacts probe_environment();

/// Variables that change how jobs run, and that nobody may remember having set.
Findings check_environment(const EnvironmentFacts& facts);

}  // namespace dplaunch::doctor
