#pragma once

#include <cstdint>
#include <ctime>
#include <map>
#include <string>

#include "launcher/view/run_view.h"

namespace dplaunch {

/// What a view of a job does not say.
struct JobFacts {
  std::string run;   ///< its folder's name
  std::string kind;  ///< "training" or "command"
  std::string host;  ///< this one's short name
  int world_size = 1;
  int restarts = 0;
  std::time_t started_unix = 0;          ///< the ranks, the last time
  std::map<int, std::string> gpu_uuids;  ///< by rank
  /// By rank: monotonic_ns() of its last output; 0: there was none.
  std::map<int, std::int64_t> output_ns;
};

/// A job for Prometheus, in its text format (prometheus.io, "Exposition formats", 0.0.4).
/// docs/metrics.md lists the names. `all_hosts`: with the ranks of other hosts, as far as they are
/// known here.
std::string metrics_text(const RunView& run, const JobFacts& job, bool all_hosts);

}  // namespace dplaunch
