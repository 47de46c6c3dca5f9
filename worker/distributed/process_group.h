#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <utility>
#include <vector>

#include "common/config/config.h"
#include "common/rank_environment.h"
#include "worker/distributed/peer_watch.h"

namespace dplaunch {

/// The ranks of the job and the collectives that training uses besides the gradients'. Each call
/// must be made by all ranks in the same order; it returns when this rank's result is in place
/// (on a GPU: ordered on the current stream). Not thread-safe.
class ProcessGroup {
 public:
  /// Rendezvous, then the device's backend. Throws Error(kRendezvous).
  static ProcessGroup connect(const RankEnvironment& environment, const Config& config);

  int rank() const { return group_ ? group_->getRank() : 0; }
  int size() const { return group_ ? group_->getSize() : 1; }
  /// What the ranks communicate by, for the log: "gloo", "nccl", or "one process".
  const char* backend_name() const;

  /// Replaces the tensor, on this process's device, by the sum over all ranks.
  void all_reduce_sum(at::Tensor& tensor);
  /// Each value's sum over all ranks, which pass equally many.
  std::vector<double> all_reduce_sum(const std::vector<double>& values, at::Device device);
  /// Replaces the tensor by rank 0's.
  void broadcast_from_rank_0(at::Tensor& tensor);
  /// Each rank's value, by rank.
  std::vector<std::int64_t> all_gather(std::int64_t value, at::Device device);

  /// Ends the communication of a job that succeeded; no collective may follow. Without it NCCL
  /// takes the destruction for a failure and aborts its communicators.
  void shutdown();

  /// Null if this process is the only one, and the configuration wants no group of one.
  const c10::intrusive_ptr<c10d::ProcessGroup>& c10d_group() const { return group_; }

 private:
  ProcessGroup() = default;  ///< of one process, which needs no backend
  ProcessGroup(c10::intrusive_ptr<c10d::Store> store, c10::intrusive_ptr<c10d::ProcessGroup> group);

  c10::intrusive_ptr<c10d::Store> store_;  ///< rank 0's is the server: it must outlive the group
  c10::intrusive_ptr<c10d::ProcessGroup> group_;  ///< null: see c10d_group()
  std::unique_ptr<PeerWatch> watch_;  ///< null where calls alone notice that a peer is lost
};

}  // namespace dplaunch
