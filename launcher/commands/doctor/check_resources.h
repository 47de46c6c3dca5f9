#pragma once

#include <cstdint>
#include <optional>

#include "launcher/commands/doctor/findings.h"

namespace dplaunch::doctor {

struct CoreFacts {
  int online = 1;         ///< of the machine
  int allowed = 1;        ///< of these, by this process's affinity mask
  int usable = 1;         ///< of these, under the control group's quota
  int gpu_processes = 0;  ///< of the job that --device means
};

struct MemoryFacts {
  std::int64_t total_bytes = 0;
  std::int64_t available_bytes = 0;         ///< of the machine
  std::optional<std::int64_t> limit_bytes;  ///< the control group's
};

CoreFacts probe_cores();
MemoryFacts probe_memory();

Findings check_cores(const CoreFacts& facts);
Findings check_memory(const MemoryFacts& facts);

}  // namespace dplaunch::doctor
