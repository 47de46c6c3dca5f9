#include <fmt/core.h>

#include <optional>

#include "base/error.h"
#include "base/text/choice.h"
#include "base/text/printable.h"
#include "launcher/command_line/quantities.h"
#include "launcher/commands/simulate/simulate.h"
#include "launcher/model/bucket_replay.h"
#include "launcher/model/measured_table.h"
#include "launcher/model/profile_file.h"

namespace dplaunch {
namespace {

constexpr double kMebibyte = 1 << 20;

std::optional<ScalingMode> mode_of(const SimulateOptions& options) {
  if (options.mode.empty()) return std::nullopt;
  const auto mode = choice_of<ScalingMode>(
      options.mode, {{"weak", ScalingMode::kWeak}, {"strong", ScalingMode::kStrong}});
  if (mode) return mode;
  throw Error(ExitCode::kUsage, fmt::format("--mode \"{}\" is not known", printable(options.mode)),
              "weak or strong");
}

void set_time(const std::string& text, const char* option, Quantity& quantity) {
  if (text.empty()) return;
  quantity = {parse_duration(text, option), Origin::kGiven};
}

/// The step time in its parts: forward and backward, of which the backward pass hides all-reduces.
void set_step_time(const SimulateOptions& options, Profile& profile) {
  constexpr double kBackwardShare = 2.0 / 3;  // two products of matrices for each of forward's
  if (options.step_time.empty()) return;
  const double step_s = parse_duration(options.step_time, "--step-time");
  profile.backward_s = {step_s * options.backward_share.value_or(kBackwardShare),
                        options.backward_share ? Origin::kGiven : Origin::kDefault};
  profile.forward_s = {step_s - profile.backward_s.value, profile.backward_s.origin};
}

/// One that is only given becomes ready evenly over the backward pass.
void set_gradient(const SimulateOptions& options, Profile& profile) {
  constexpr double kBucketMb = 4;
  constexpr double kMostBuckets = 100'000;
  const bool is_measured = !profile.buckets.empty();
  if (!options.gradient.empty()) {
    const double bytes = parse_size(options.gradient, "--gradient-bytes");
    if (!is_measured) profile.buckets = {{bytes, profile.backward_s.value}};
    const double factor = bytes / total_bytes(profile.buckets);
    for (Bucket& bucket : profile.buckets) bucket.bytes *= factor;
    profile.gradient_origin = Origin::kGiven;
  }
  if (profile.buckets.empty() || (is_measured && !options.bucket_mb)) return;
  const double bucket_bytes = options.bucket_mb.value_or(kBucketMb) * kMebibyte;
  if (total_bytes(profile.buckets) / bucket_bytes > kMostBuckets) {
    throw Error(ExitCode::kUsage,
                fmt::format("the gradient is more than {:.0f} buckets of {} MiB", kMostBuckets,
                            bucket_bytes / kMebibyte),
                "make them larger: --bucket-mb 25");
  }
  profile.buckets_origin = options.bucket_mb ? Origin::kGiven : Origin::kDefault;
  profile.buckets = rebucketed(profile.buckets, bucket_bytes);
}

void set_network(const SimulateOptions& options, Profile& profile) {
  if (options.link.empty()) {
    const bool is_part_given = !options.latency.empty() || !options.host_link.empty() ||
                               !options.host_latency.empty() || options.gpus_per_host.has_value();
    if (!is_part_given) return;
    throw Error(ExitCode::kUsage, "the network is given without its bandwidth",
                "add it: --link 200Gb");
  }
  Network network;
  NetworkOrigins& origins = profile.network_origins;
  origins = {.between_bandwidth = Origin::kGiven};
  network.between_hosts.bytes_per_second = parse_bandwidth(options.link, "--link");
  if (!options.latency.empty()) {
    network.between_hosts.latency_s = parse_duration(options.latency, "--latency");
    origins.between_latency = Origin::kGiven;
  }
  network.within_host = network.between_hosts;
  if (!options.host_link.empty()) {
    network.within_host.bytes_per_second = parse_bandwidth(options.host_link, "--host-link");
    origins.within_bandwidth = Origin::kGiven;
  }
  if (!options.host_latency.empty()) {
    network.within_host.latency_s = parse_duration(options.host_latency, "--host-latency");
    origins.within_latency = Origin::kGiven;
  }
  if (options.gpus_per_host) {
    network.processes_per_host = *options.gpus_per_host;
    origins.processes_per_host = Origin::kGiven;
  }
  profile.network = network;
  // What was measured over another network.
  profile.curves.clear();
  std::erase_if(profile.measured, [](const MeasuredSteps& steps) { return steps.processes > 1; });
}

/// Measured step times of a CSV file are those of a step of one image.
void scale_to_batch(const SimulateOptions& options, Profile& profile) {
  if (!options.batch) return;
  if (!options.measured.empty()) {
    for (MeasuredSteps& steps : profile.measured) {
      for (double& step_s : steps.step_s) step_s *= *options.batch;
    }
  }
  profile.images_per_step = {*options.batch, Origin::kGiven};
}

void refuse_parts_beside_measured(const SimulateOptions& options) {
  const bool is_part_given = !options.step_time.empty() || !options.gradient.empty() ||
                             !options.link.empty() || !options.jitter.empty();
  if (options.measured.empty() || !is_part_given) return;
  throw Error(
      ExitCode::kUsage,
      "--measured knows whole steps only: --step-time, --gradient-bytes, --link and --jitter "
      "have no effect on it",
      "leave them out, or predict from parts without --measured");
}

Profile from_file(const SimulateOptions& options) {
  const std::optional<ScalingMode> mode = mode_of(options);
  if (!options.measured.empty()) {
    refuse_parts_beside_measured(options);
    return read_measured(options.measured, options.series, mode.value_or(ScalingMode::kWeak));
  }
  if (!options.series.empty()) {
    throw Error(ExitCode::kUsage, "--series names a series of --measured, which is not given",
                "add --measured FILE.csv");
  }
  Profile profile;
  if (!options.profile.empty()) profile = read_profile(options.profile);
  if (mode && !profile.measured.empty() && *mode != profile.mode) {
    throw Error(ExitCode::kUsage,
                fmt::format("--mode {}: {} was measured with {} scaling", options.mode,
                            options.profile.string(), to_word(profile.mode)),
                "leave --mode out");
  }
  profile.mode = mode.value_or(profile.mode);
  return profile;
}

}  // namespace

Profile described_profile(const SimulateOptions& options) {
  Profile profile = from_file(options);
  set_step_time(options, profile);
  set_time(options.input_wait, "--input-wait", profile.input_wait_s);
  set_time(options.evaluation, "--evaluation-time", profile.evaluation_s);
  set_time(options.checkpoint, "--checkpoint-time", profile.checkpoint_s);
  set_time(options.jitter, "--jitter", profile.jitter_s);
  set_gradient(options, profile);
  set_network(options, profile);
  scale_to_batch(options, profile);
  if (options.no_overlap) {
    for (Bucket& bucket : profile.buckets) bucket.ready_s = profile.backward_s.value;
    profile.ready_origin = Origin::kGiven;
  }
  return profile;
}

}  // namespace dplaunch
