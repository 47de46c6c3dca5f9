#include "worker/task/measure_all_reduce.h"

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <iostream>
#include <vector>

#include "base/monotonic_clock.h"
#include "common/config/config.h"
#include "worker/device/device.h"
#include "worker/distributed/process_group.h"

namespace dplaunch {
namespace {

// The first ones make connections and, on a GPU, load kernels.
constexpr int kWarmUps = 3;
constexpr int kMeasured = 9;
constexpr double kTimeoutSeconds = 60;

double seconds_of_one(ProcessGroup& group, at::Tensor& tensor) {
  device::synchronize();
  const std::int64_t start_ns = monotonic_ns();
  group.all_reduce_sum(tensor);
  device::synchronize();
  return static_cast<double>(monotonic_ns() - start_ns) * 1e-9;
}

}  // namespace

ExitCode measure_all_reduce(const RankEnvironment& environment, std::int64_t size_bytes) {
  Config config;
  config.timeout_s = kTimeoutSeconds;
  const at::Device device = device::select(config);
  ProcessGroup group = ProcessGroup::connect(environment, config);
  const auto values = size_bytes / static_cast<std::int64_t>(sizeof(float));
  at::Tensor tensor = at::zeros({values}, at::TensorOptions().dtype(at::kFloat).device(device));
  for (int i = 0; i < kWarmUps; ++i) seconds_of_one(group, tensor);
  std::vector<double> seconds;
  for (int i = 0; i < kMeasured; ++i) seconds.push_back(seconds_of_one(group, tensor));
  // The median: one that another program disturbed does not count.
  std::nth_element(seconds.begin(), seconds.begin() + kMeasured / 2, seconds.end());
  if (group.rank() == 0) {
    std::cout << "all-reduce " << size_bytes << ' ' << seconds[kMeasured / 2] << std::endl;
  }
  group.shutdown();
  return ExitCode::kSuccess;
}

}  // namespace dplaunch
