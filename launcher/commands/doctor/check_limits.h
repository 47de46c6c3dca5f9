#pragma once

#include <cstdint>

#include "launcher/commands/doctor/findings.h"

namespace dplaunch::doctor {

inline constexpr std::int64_t kUnlimited = -1;

/// Of one resource, soft and hard; kUnlimited without one.
struct Limit {
  std::int64_t soft = kUnlimited;
  std::int64_t hard = kUnlimited;
};

/// What ulimit shows.
struct LimitFacts {
  Limit open_files;
  Limit locked_memory_bytes;
  Limit processes;
  Limit core_bytes;
  bool has_infiniband = false;
  bool is_root = false;
};

LimitFacts probe_limits();

/// Limits that many ranks or their libraries run into.
Findings check_limits(const LimitFacts& facts);

}  // namespace dplaunch::doctor
