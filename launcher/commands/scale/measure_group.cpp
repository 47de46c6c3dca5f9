#include "launcher/commands/scale/measure_group.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <utility>

#include "base/error.h"
#include "base/text/words.h"
#include "common/gradient_times_file.h"
#include "common/run_folder.h"
#include "launcher/communication/measure_communication.h"
#include "launcher/devices/choose_devices.h"
#include "launcher/plan/find_worker.h"
#include "launcher/scale/interruption.h"

namespace dplaunch {
namespace {

/// For all sizes: some rounds of each take so many times what a step waits for its all-reduce.
constexpr double kWaits = 25;
constexpr double kLeastSeconds = 1;
constexpr double kMostSeconds = 5;
constexpr std::int64_t kSmallest = 64;  // the part of the gradient
constexpr double kFactor = 4;

std::int64_t gradient_bytes(const Experiment& experiment, const RunRecord& run) {
  const std::filesystem::path file = RunFolder(experiment.folder / run.run).gradient_times(0);
  std::int64_t bytes = 0;
  for (const GradientTime& gradient : read_gradient_times(file)) bytes += gradient.bytes;
  if (bytes > 0) return bytes;
  throw Error(ExitCode::kStorage, file.string() + ": says nothing of the gradient");
}

std::string device_text(const Experiment& experiment) {
  const int processes = experiment.most_processes();
  if (experiment.is_cpu()) return fmt::format("cpu:{}", processes);
  return joined({experiment.gpus.begin(), experiment.gpus.begin() + processes}, ",");
}

CommunicationRequest request_of(std::int64_t bytes, const RunFigures& figures) {
  CommunicationRequest request;
  request.min_bytes = std::max<std::int64_t>(4, bytes / kSmallest);
  request.max_bytes = bytes;
  request.factor = kFactor;
  request.seconds = std::clamp(kWaits * (figures.step_seconds - figures.max_own_seconds),
                               kLeastSeconds, kMostSeconds);
  request.with_buckets = true;
  request.with_both_types = true;
  return request;
}

}  // namespace

bool has_group(const Experiment& experiment) {
  const bool has_devices = experiment.cores_per_process > 0 || !experiment.is_cpu();
  return !experiment.is_command() && has_devices && experiment.most_processes() > 1;
}

void measure_group(const Experiment& experiment, const RunRecord& run) {
  const JobDevices devices = choose_devices({.device = device_text(experiment)});
  const WorkerExecutable worker = find_worker(devices.selection.kind(), worker_places());
  require_worker(worker);
  const CommunicationJob job{devices.selection,
                             devices.machine.usable_cores,
                             worker.path,
                             experiment.config,
                             request_of(gradient_bytes(experiment, run), *run.figures),
                             {},
                             {}};
  std::ostringstream output;
  const CommunicationResult result =
      measure_communication(job, /*keeps_logs=*/false, output, output);
  refuse_to_go_on(static_cast<ExitCode>(result.exit_code));
  if (!result.record) {
    throw Error(ExitCode::kFailure, fmt::format("exit code {}", result.exit_code),
                "dplaunch bench comm shows what is wrong");
  }
  write_communication(experiment.group_file(run.block), *result.record);
}

}  // namespace dplaunch
