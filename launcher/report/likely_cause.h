#pragma once

#include <string>
#include <vector>

#include "launcher/report/rank_outcome.h"

namespace dplaunch {

/// What else is known of the moment of a failure.
struct FailureContext {
  /// Processes that the kernel's out-of-memory killer ended on this host while the job ran; -1 if
  /// the kernel does not say.
  long oom_kills = -1;
  /// Who else holds memory of the failed rank's GPU, "process 4711 (anna, python): 8.0 GiB".
  std::vector<std::string> other_gpu_users;
  /// Who took the port that rank 0 was promised; empty: nobody, as far as is known.
  std::string port_stranger;
  bool has_no_input = false;  ///< the failed rank's standard input is empty
};

/// Whether the rank ended because its GPU's memory was full.
bool is_gpu_out_of_memory(const RankOutcome& outcome);

/// What probably lies behind a failure and what to do about it, in one line or two; empty if
/// nothing is sure. Judged by the signal, the rank's own message, and the exception that ended it.
std::vector<std::string> likely_cause(const RankOutcome& outcome, const FailureContext& context);

}  // namespace dplaunch
