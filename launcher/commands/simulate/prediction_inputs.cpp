#include <fmt/core.h>

#include <cstdint>

#include "base/text/words.h"
#include "launcher/commands/simulate/print_prediction.h"
#include "launcher/statistics/median_interval.h"

namespace dplaunch {
namespace {

std::string bandwidth_text(double bytes_per_second) {
  return fmt::format("{:.4g} GB/s ({:.4g} Gbit/s)", bytes_per_second / 1e9,
                     bytes_per_second * 8 / 1e9);
}

void add_time(std::vector<NamedInput>& inputs, const char* name, const Quantity& time) {
  if (time.value > 0) inputs.push_back({name, duration_text(time.value), time.origin});
}

/// In all, where it has several parts: those of a given step time may be assumed.
void add_step(std::vector<NamedInput>& inputs, const Profile& profile) {
  if (sum_of_parts_s(profile) == 0) return;
  const bool is_measured = profile.backward_s.origin == Origin::kMeasured;
  inputs.push_back({"step of one process, its parts' sum", duration_text(sum_of_parts_s(profile)),
                    is_measured ? Origin::kMeasured : Origin::kGiven});
}

void add_gradient(std::vector<NamedInput>& inputs, const Profile& profile) {
  if (profile.buckets.empty()) return;
  const Bucket& first = profile.buckets.front();
  inputs.push_back({"gradient", fmt::format("{:.4g} MB", total_bytes(profile.buckets) / 1e6),
                    profile.gradient_origin});
  inputs.push_back(
      {"its buckets",
       fmt::format("{}, the first of {:.4g} MB", profile.buckets.size(), first.bytes / 1e6),
       profile.buckets_origin});
  inputs.push_back({"ready since the backward pass began",
                    fmt::format("first {}, last {}", duration_text(first.ready_s),
                                duration_text(profile.buckets.back().ready_s)),
                    profile.ready_origin});
}

void add_network(std::vector<NamedInput>& inputs, const Profile& profile,
                 AllReduceAlgorithm algorithm) {
  for (const CommCurve& curve : profile.curves) {
    inputs.push_back({"all-reduce times",
                      fmt::format("{} sizes on {} processes", curve.points.size(), curve.processes),
                      Origin::kMeasured});
  }
  if (!profile.curves.empty() || !profile.network) return;
  const auto& [between, within, per_host] = *profile.network;
  const NetworkOrigins& from = profile.network_origins;
  inputs.push_back({"all-reduce algorithm", std::string(to_word(algorithm)),
                    algorithm == AllReduceAlgorithm::kAuto ? Origin::kDefault : Origin::kGiven});
  inputs.push_back({"processes of a host", std::to_string(per_host), from.processes_per_host});
  inputs.push_back(
      {"link between hosts", bandwidth_text(between.bytes_per_second), from.between_bandwidth});
  inputs.push_back({"its latency", duration_text(between.latency_s), from.between_latency});
  if (per_host == 1) return;
  inputs.push_back(
      {"link within a host", bandwidth_text(within.bytes_per_second), from.within_bandwidth});
  inputs.push_back({"its latency", duration_text(within.latency_s), from.within_latency});
}

}  // namespace

std::string duration_text(double seconds) {
  if (seconds >= 1) return fmt::format("{:.3f} s", seconds);
  if (seconds >= 1e-3) return fmt::format("{:.3g} ms", seconds * 1e3);
  return fmt::format("{:.3g} us", seconds * 1e6);
}

std::vector<NamedInput> inputs_of(const Profile& profile, AllReduceAlgorithm algorithm) {
  std::vector<NamedInput> inputs;
  if (!profile.source.empty()) inputs.push_back({"source", profile.source, Origin::kGiven});
  if (profile.images_per_step.value > 0) {
    inputs.push_back({"images of a step of one process",
                      fmt::format("{:.6g}", profile.images_per_step.value),
                      profile.images_per_step.origin});
  }
  for (const MeasuredSteps& steps : profile.measured) {
    inputs.push_back({fmt::format("step on {}", counted(steps.processes, "process", "processes")),
                      duration_text(median(steps.step_s)), Origin::kMeasured});
  }
  add_step(inputs, profile);
  add_time(inputs, "forward", profile.forward_s);
  add_time(inputs, "backward", profile.backward_s);
  add_time(inputs, "update", profile.update_s);
  add_time(inputs, "input wait", profile.input_wait_s);
  add_time(inputs, "evaluation", profile.evaluation_s);
  add_time(inputs, "checkpoint", profile.checkpoint_s);
  if (!profile.rank_work_s.empty()) {
    inputs.push_back({"work of each rank in each step",
                      counted(static_cast<std::int64_t>(profile.rank_work_s.size()), "rank"),
                      Origin::kMeasured});
  } else {
    add_time(inputs, "random delay of a rank, mean", profile.jitter_s);
  }
  add_gradient(inputs, profile);
  add_network(inputs, profile, algorithm);
  return inputs;
}

}  // namespace dplaunch
