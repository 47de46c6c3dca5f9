#pragma once

#include <cstdint>

#include "base/error.h"
#include "common/config/config.h"
#include "common/run_folder.h"
#include "worker/data/sampler.h"
#include "worker/model/resnet.h"
#include "worker/report/metrics.h"

namespace dplaunch {

/// Ends a run whose numbers are broken before they become a checkpoint, by an Error(kFailure) that
/// names the rank, the step and the last good checkpoint.
class FiniteChecks {
 public:
  FiniteChecks(const Config& config, const RunFolder& folder, int rank)
      : config_(config), folder_(folder), rank_(rank) {}

  /// The loss of step `step` of epoch `epoch`, both counted from 0, was not finite.
  Error step_error(std::int64_t epoch, std::int64_t step, const EpochSampler& sampler) const;
  /// Rank `first` had a loss that is not finite before this one did, and fails by it.
  [[noreturn]] void end_with_rank(int first) const;
  /// The loss was finite, but the update after it may have broken the parameters, or the batch
  /// BatchNorm's statistics.
  void check_parameters(ResNet& model, std::int64_t steps_done) const;
  /// What the last update broke shows in an evaluation too.
  void check_evaluation(const TestMetrics& metrics, std::int64_t steps_done) const;

 private:
  Error error(const std::string& what) const;

  Config config_;
  RunFolder folder_;
  int rank_;
};

}  // namespace dplaunch
