#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "common/config/config.h"
#include "common/run_folder.h"
#include "worker/data/sampler.h"
#include "worker/distributed/process_group.h"
#include "worker/model/resnet.h"
#include "worker/report/metrics.h"

namespace dplaunch {

/// Ends a run whose numbers are broken before they become a checkpoint, by an Error(kFailure) that
/// names the rank, the step and the last good checkpoint.
class FiniteChecks {
 public:
  /// The references must outlive this.
  FiniteChecks(const RunFolder& folder, ProcessGroup& group, at::Device device,
               const EpochSampler& sampler)
      : folder_(folder), group_(group), device_(device), sampler_(sampler) {}

  /// `bad_step` of epoch `epoch`, both counted from 0, is this rank's first whose loss was not a
  /// finite number; nullopt if none was. A collective on a GPU. The rank that had one first says
  /// so, the others throw a PeerFailure.
  void check_steps(std::int64_t epoch, std::optional<std::int64_t> bad_step) const;
  /// The loss was finite, but the update after it may have broken the parameters, or the batch
  /// BatchNorm's statistics.
  void check_parameters(ResNet& model, std::int64_t steps_done) const;
  /// What the last update broke shows in an evaluation too.
  void check_evaluation(const TestMetrics& metrics, std::int64_t steps_done) const;

 private:
  Error step_error(std::int64_t epoch, std::int64_t step) const;
  Error error(const std::string& what) const;

  RunFolder folder_;
  ProcessGroup& group_;
  at::Device device_;
  const EpochSampler& sampler_;
};

}  // namespace dplaunch
