#include "worker/train/step_graph.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "worker/report/log.h"
#include "worker/train/trial_step.h"

namespace dplaunch {
namespace {

/// The optimizer's kernels read fp32 on a GPU; on the CPU fp64, as a rate that is no tensor is.
at::ScalarType rate_type(at::Device device) {
  return device.is_cpu() ? at::kDouble : at::kFloat;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

bool is_step_graph_on(const Config& config) {
  return config.cuda_graph == "on";
}

StepGraph::StepGraph(const Config& config, DistributedDataParallel& model, ProcessGroup& group,
                     at::Device device)
    : config_(config), model_(model), group_(group), device_(device), recording_(means()) {
  inputs_.lr = at::empty({}, at::TensorOptions().dtype(rate_type(device)).device(device));
  if (device.is_cpu() && group.rank() == 0) {
    log_line("cuda_graph: on makes no step faster on the CPU, and changes no result");
  }
}

const StepGraph::Inputs& StepGraph::load(const DeviceBatch& batch, double lr) {
  if (!inputs_.batch.images.defined()) {
    inputs_.batch = {at::empty_like(batch.images), at::empty_like(batch.labels)};
  }
  inputs_.batch.images.copy_(batch.images, /*non_blocking=*/true);
  inputs_.batch.labels.copy_(batch.labels, /*non_blocking=*/true);
  inputs_.lr.fill_(lr);
  return inputs_;
}

StepRecording::Means StepGraph::means() {
  return {.record = [this](const StepRecording::Work& work) { graph_.record(work); },
          .replay = [this] { graph_.replay(); },
          .has_succeeded = [this](const std::string& why) { return has_succeeded(why); }};
}

bool StepGraph::has_succeeded(const std::string& own_failure) {
  const std::vector<std::int64_t> failures =
      group_.all_gather(own_failure.empty() ? 0 : 1, device_);
  const auto first = std::ranges::find(failures, 1);
  if (first == failures.end()) {
    if (!device_.is_cpu() && group_.rank() == 0) log_line("cuda_graph: a step is one launch now");
    return true;
  }
  log_line("cuda_graph: on has no effect: the step could not be recorded" +
           (own_failure.empty() ? " by rank " + std::to_string(first - failures.begin())
                                : ": " + first_line(own_failure)));
  graph_ = device::Graph();
  // A recording that was broken off leaves the reducer in the middle of a step.
  model_.renew_reducer();
  device::release_unused_memory();
  if (group_.c10d_group()) rebuild_buckets(config_, model_, device_);
  return false;
}

}  // namespace dplaunch
