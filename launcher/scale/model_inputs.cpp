#include "launcher/scale/model_inputs.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/communication_record.h"
#include "common/gradient_times_file.h"
#include "common/run_folder.h"
#include "common/step_times_file.h"
#include "launcher/statistics/median_interval.h"

namespace dplaunch {
namespace {

/// Larger sizes, for which the time did not suffice: on the line through the largest two that were
/// measured. By the largest one's bandwidth its latency would be counted again and again.
void extend(std::vector<CommPoint>& points) {
  constexpr int kDoublings = 10;
  if (points.size() < 2) return;
  const CommPoint last = points.back();
  const CommPoint before = points[points.size() - 2];
  const double seconds_per_byte = (last.seconds - before.seconds) / (last.bytes - before.bytes);
  if (!(seconds_per_byte > 0)) return;
  for (int i = 0; i < kDoublings; ++i) {
    const double bytes = 2 * points.back().bytes;
    points.push_back({bytes, last.seconds + (bytes - last.bytes) * seconds_per_byte});
  }
}

CommCurve measured_curve(const CommunicationRecord& record, const std::string& type) {
  CommCurve curve{record.processes, {}};
  for (const MeasuredCollective& measured : record.results) {
    if (measured.type != type || measured.collective != Collective::kAllReduce) continue;
    curve.points.push_back({static_cast<double>(measured.bytes), 1e-6 * median(measured.times_us)});
  }
  std::ranges::sort(curve.points, {}, &CommPoint::bytes);
  extend(curve.points);
  return curve;
}

GroupCost cost_of(const CommunicationRecord& record) {
  GroupCost cost{measured_curve(record, "float"), measured_curve(record, "bfloat16")};
  if (!record.compress_us.empty()) cost.compress_s = 1e-6 * median(record.compress_us);
  return cost;
}

std::vector<Bucket> read_gradients(const RunFolder& folder, std::size_t ranks) {
  std::vector<Bucket> gradients;
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    const auto times = read_gradient_times(folder.gradient_times(static_cast<int>(rank)));
    if (rank == 0) gradients.resize(times.size());
    if (times.size() != gradients.size()) return {};
    for (std::size_t i = 0; i < times.size(); ++i) {
      gradients[i].bytes = static_cast<double>(times[i].bytes);
      gradients[i].ready_s = std::max(gradients[i].ready_s, times[i].ready_s);
    }
  }
  return gradients;
}

std::vector<std::vector<double>> read_rank_work(const RunFolder& folder,
                                                const RunFigures& figures) {
  std::vector<std::vector<double>> ranks;
  for (std::size_t rank = 0; rank < figures.ranks.size(); ++rank) {
    const auto steps = read_step_times(folder.step_times(static_cast<int>(rank)));
    ranks.emplace_back();
    for (std::size_t i = figures.warmup_steps; i < steps.size(); ++i) {
      ranks.back().push_back(own_seconds(steps[i].parts));
    }
    if (ranks.back().empty()) return {};
  }
  return ranks;
}

}  // namespace

ModelInputs read_model_inputs(const Experiment& experiment, const std::vector<RunRecord>& records) {
  ModelInputs inputs;
  for (const RunRecord& record : records) {
    if (!record.is_measured() || !record.figures) continue;
    if (!inputs.group_cost.contains(record.block)) {
      const auto measured = read_communication(experiment.group_file(record.block));
      if (measured) inputs.group_cost[record.block] = cost_of(*measured);
    }
    const RunFolder folder(experiment.folder / record.run);
    std::vector<Bucket> gradients = read_gradients(folder, record.figures->ranks.size());
    if (!gradients.empty()) inputs.gradients[record.run] = std::move(gradients);
    inputs.rank_work[record.run] = read_rank_work(folder, *record.figures);
  }
  return inputs;
}

}  // namespace dplaunch
