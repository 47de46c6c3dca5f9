#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <vector>

#include "common/communication_record.h"
#include "worker/distributed/process_group.h"

namespace dplaunch {

/// One collective of one size, done again and again, whose every result is checked. All calls are
/// collectives. Not thread-safe.
class CheckedCollective {
 public:
  /// `bytes` of the result, rounded down to whole values, but at least one from each rank.
  CheckedCollective(Collective collective, std::int64_t bytes, at::ScalarType type,
                    ProcessGroup& group, at::Device device);

  std::int64_t bytes() const;  ///< of the result
  std::int64_t count() const;  ///< of values that each rank gives

  /// Does it once, when all ranks are ready. Returns how many microseconds it took on this rank.
  /// Throws Error(kFailure) naming collective, size, rank and element for a wrong result.
  double run_us();

 private:
  void fill();
  void wait_for_all();
  void communicate();
  void check() const;

  Collective collective_;
  ProcessGroup& group_;
  at::Tensor given_;     ///< what this rank gives
  at::Tensor result_;    ///< of all-reduce and broadcast: in place of what is given
  at::Tensor expected_;  ///< what must come out
  at::Tensor signal_;    ///< one value, for the wait
};

/// The longest of all ranks' times, by place. A collective: all pass equally many.
std::vector<double> longest_over_ranks(const std::vector<double>& times, ProcessGroup& group,
                                       at::Device device);

}  // namespace dplaunch
