#pragma once

#include "launcher/report/likely_cause.h"

namespace dplaunch {

/// Asks this host what may have made a rank fail: the kernel's out-of-memory killer, and other
/// users of its GPU.
class FailureProbe {
 public:
  /// Processes that the kernel kills from now on count.
  FailureProbe();

  /// What is known at this moment, right after the failure.
  FailureContext context_of(const RankOutcome& failed) const;

 private:
  long earlier_oom_kills_;
};

}  // namespace dplaunch
