#include "worker/task/measure_communication.h"

#include <ATen/ops/ones.h>
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/fnv1a.h"
#include "base/monotonic_clock.h"
#include "base/text/words.h"
#include "worker/device/device.h"
#include "worker/distributed/checked_collective.h"
#include "worker/distributed/compressed_all_reduce.h"
#include "worker/distributed/process_group.h"
#include "worker/train/trial_step.h"

namespace dplaunch {
namespace {

// The first ones make connections and, on a GPU, load kernels.
constexpr int kWarmUps = 3;
constexpr int kFewestRounds = 5;
/// Enough for a 99th percentile.
constexpr int kMostRounds = 200;
/// What takes no more than this part of the time is measured even when it is spent.
constexpr double kAlwaysThere = 0.03;

/// A size that is to be measured.
struct Wanted {
  Collective collective;
  std::int64_t bytes;
  at::ScalarType type;
  bool is_bucket;

  auto order() const { return std::make_tuple(collective, bytes, type); }
};

/// Each size once, the small ones of a collective first; a bucket of the same size is marked.
void merge_equal(std::vector<Wanted>& wanted) {
  std::stable_sort(wanted.begin(), wanted.end(),
                   [](const Wanted& a, const Wanted& b) { return a.order() < b.order(); });
  std::vector<Wanted> merged;
  for (const Wanted& each : wanted) {
    if (merged.empty() || merged.back().order() != each.order()) {
      merged.push_back(each);
    } else {
      merged.back().is_bucket = merged.back().is_bucket || each.is_bucket;
    }
  }
  wanted = std::move(merged);
}

constexpr std::int64_t kCompression = 2;  // fp32 to bf16

/// `buckets`: their gradients' bytes in fp32.
std::vector<Wanted> all_wanted(const CommunicationRequest& request,
                               const std::vector<std::int64_t>& buckets, bool is_compressed) {
  std::vector<Wanted> wanted;
  for (const Collective collective : request.collectives) {
    auto size = static_cast<double>(request.min_bytes);
    for (; size <= static_cast<double>(request.max_bytes); size *= request.factor) {
      const auto bytes = static_cast<std::int64_t>(size);
      wanted.push_back({collective, bytes, at::kFloat, false});
      if (request.with_both_types) wanted.push_back({collective, bytes, at::kBFloat16, false});
    }
  }
  for (const std::int64_t bytes : buckets) {
    if (!is_compressed || request.with_both_types) {
      wanted.push_back({Collective::kAllReduce, bytes, at::kFloat, !is_compressed});
    }
    if (is_compressed || request.with_both_types) {
      wanted.push_back(
          {Collective::kAllReduce, bytes / kCompression, at::kBFloat16, is_compressed});
    }
  }
  merge_equal(wanted);
  return wanted;
}

/// The hosts of a job are started apart: with different sizes they would wait for each other.
void check_same_request(const CommunicationRequest& request, ProcessGroup& group,
                        at::Device device) {
  const std::string text = joined(to_arguments(request), " ");
  const auto digest = static_cast<std::int64_t>(fnv1a(text.data(), text.size()));
  const std::vector<std::int64_t> digests = group.all_gather(digest, device);
  for (std::size_t rank = 1; rank < digests.size(); ++rank) {
    if (digests[rank] == digests[0]) continue;
    throw Error(ExitCode::kUsage,
                "rank " + std::to_string(rank) + " was asked to measure something else than rank 0",
                "give the same options on every host");
  }
}

/// One measurement of the whole group; every rank decides alike, from times that all have.
class Measurement {
 public:
  Measurement(ProcessGroup& group, at::Device device, double seconds)
      : group_(group), device_(device), seconds_(seconds), start_ns_(monotonic_ns()) {}

  /// Measures one of so many that are still to come, unless that would take too long.
  void add(const Wanted& wanted, std::size_t to_come, CommunicationRecord& record) {
    if (wanted.collective == too_slow_ || !measure(wanted, to_come, record)) {
      too_slow_ = wanted.collective;  // and so are its larger sizes, which follow
      record.left_out.push_back({wanted.collective, wanted.bytes});
    }
  }

 private:
  /// False if the time does not suffice, which one round tells; never of a collective's first.
  bool measure(const Wanted& wanted, std::size_t to_come, CommunicationRecord& record) {
    CheckedCollective collective(wanted.collective, wanted.bytes, wanted.type, group_, device_);
    const double first_us = mean_round_us(collective, 1);
    const double left_us = std::max(seconds_ * 1e6 - spent_us(), kAlwaysThere * seconds_ * 1e6);
    const bool is_first =
        record.results.empty() || record.results.back().collective != wanted.collective;
    if (!is_first && (kWarmUps - 1 + kFewestRounds) * first_us > left_us) return false;
    const double round_us = mean_round_us(collective, kWarmUps - 1);
    const double rounds = left_us / static_cast<double>(to_come) / round_us;
    std::vector<double> times(
        static_cast<std::size_t>(std::clamp<double>(rounds, kFewestRounds, kMostRounds)));
    for (double& time : times) time = collective.run_us();
    record.results.push_back({wanted.collective, collective.bytes(), collective.count(),
                              wanted.type == at::kBFloat16 ? "bfloat16" : "float", wanted.is_bucket,
                              longest_over_ranks(times, group_, device_)});
    return true;
  }

  /// With all that is in a round: what is given is filled in, and the result checked.
  double mean_round_us(CheckedCollective& collective, int rounds) {
    const double start_us = spent_us();
    for (int i = 0; i < rounds; ++i) collective.run_us();
    return (spent_us() - start_us) / rounds;
  }

  /// Of the slowest rank, and so the same for all.
  double spent_us() {
    const double mine = static_cast<double>(monotonic_ns() - start_ns_) * 1e-3;
    return longest_over_ranks({mine}, group_, device_).front();
  }

  ProcessGroup& group_;
  at::Device device_;
  double seconds_;
  std::int64_t start_ns_;
  std::optional<Collective> too_slow_;
};

/// See CommunicationRecord::compress_us.
std::vector<double> measure_compression(const std::vector<std::int64_t>& buckets,
                                        ProcessGroup& group, at::Device device) {
  const at::TensorOptions options = at::TensorOptions().dtype(at::kFloat).device(device);
  std::vector<at::Tensor> gradients;
  for (const std::int64_t bytes : buckets) {
    gradients.push_back(at::ones({bytes / std::int64_t{sizeof(float)}}, options));
  }
  std::vector<double> times;
  for (int round = 0; round < kWarmUps + kFewestRounds; ++round) {
    device::synchronize();
    const std::int64_t start_ns = monotonic_ns();
    for (const at::Tensor& bucket : gradients) expanded(compressed(bucket, group.size()));
    device::synchronize();
    if (round < kWarmUps) continue;
    times.push_back(static_cast<double>(monotonic_ns() - start_ns) * 1e-3);
  }
  return longest_over_ranks(times, group, device);
}

}  // namespace

ExitCode measure_communication(const CommunicationRequest& request, const Config& config,
                               const RankEnvironment& environment, const RunFolder& folder) {
  const at::Device device = device::select(config);
  ProcessGroup group = ProcessGroup::connect(environment, config);
  if (group.size() == 1) {
    throw Error(ExitCode::kUsage, "one process has nobody to communicate with",
                "measure two processes or more");
  }
  check_same_request(request, group, device);
  CommunicationRecord record{
      group.size(), group.backend_name(), device::describe(), {}, {}, {}, {}};
  const bool is_compressed = reducer_options(config).compress_bf16;
  std::vector<std::int64_t> buckets;
  if (request.with_buckets) buckets = training_bucket_bytes(config, group, device);
  if (request.with_both_types) record.compress_us = measure_compression(buckets, group, device);
  const std::vector<Wanted> wanted = all_wanted(request, buckets, is_compressed);
  for (std::int64_t& bytes : buckets) bytes /= is_compressed ? kCompression : 1;
  record.bucket_bytes = std::move(buckets);
  Measurement measurement(group, device, request.seconds);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    measurement.add(wanted[i], wanted.size() - i, record);
  }
  if (group.rank() == 0) write_communication(folder.communication(), record);
  group.shutdown();
  return ExitCode::kSuccess;
}

}  // namespace dplaunch
