#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace dplaunch {

/// The range from the end of backward's computing until backward() returns. It does not nest with
/// the thread's other ranges, so that normalize_rank_trace gives it a track of its own.
inline constexpr char kExposedAllReduce[] = "exposed all-reduce";

/// Whose trace it is.
struct TracedRank {
  int rank = 0;
  std::string label;  ///< of its process track: "rank 0"
};

/// Rewrites, in place, one process's trace as LibTorch's profiler saved it (Chrome's trace event
/// format) such that several of them can share one time axis: the process id is the rank, the
/// process bears the label, and ids are unique over the ranks. Throws Error(kStorage) if the file
/// is not there, is no trace, or cannot be written.
void normalize_rank_trace(const std::filesystem::path& path, const TracedRank& traced);

/// Merges normalized traces into one. Their clocks are those of their hosts' system time, so ranks
/// of one host fit to microseconds. Throws Error(kStorage).
void merge_traces(const std::vector<std::filesystem::path>& traces,
                  const std::filesystem::path& merged);

}  // namespace dplaunch
