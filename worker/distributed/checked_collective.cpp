#include "worker/distributed/checked_collective.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

#include "base/error.h"
#include "base/monotonic_clock.h"
#include "worker/device/device.h"
#include "worker/distributed/collective_values.h"

namespace dplaunch {
namespace {

std::int64_t exact_up_to(at::ScalarType type) {
  return std::int64_t{1} << (type == at::kBFloat16 ? 8 : 24);
}

at::Tensor on_device(const std::vector<float>& values, at::ScalarType type, at::Device device) {
  return at::tensor(values, at::kFloat).to(device, type);
}

std::span<const float> values_of(const at::Tensor& tensor) {
  return {tensor.const_data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

}  // namespace

CheckedCollective::CheckedCollective(Collective collective, std::int64_t bytes, at::ScalarType type,
                                     ProcessGroup& group, at::Device device)
    : collective_(collective), group_(group) {
  const int ranks = group.size();
  const bool is_gather = collective == Collective::kAllGather;
  const auto value_bytes = static_cast<std::int64_t>(c10::elementSize(type));
  const std::int64_t count =
      std::max<std::int64_t>(1, bytes / value_bytes / (is_gather ? ranks : 1));
  const CollectiveValues values(ranks, exact_up_to(type));
  given_ = on_device(values.of(group.rank(), count), type, device);
  expected_ = on_device(collective == Collective::kAllReduce   ? values.sum(count)
                        : collective == Collective::kBroadcast ? values.of(0, count)
                                                               : values.gathered(count),
                        type, device);
  result_ = at::empty_like(expected_);
  signal_ = at::zeros({1}, at::TensorOptions().dtype(at::kFloat).device(device));
}

std::int64_t CheckedCollective::bytes() const {
  return static_cast<std::int64_t>(result_.nbytes());
}

std::int64_t CheckedCollective::count() const {
  return given_.numel();
}

double CheckedCollective::run_us() {
  fill();
  wait_for_all();
  const std::int64_t start_ns = monotonic_ns();
  communicate();
  device::synchronize();
  const double us = static_cast<double>(monotonic_ns() - start_ns) * 1e-3;
  check();
  return us;
}

/// What an earlier round left would pass for a result.
void CheckedCollective::fill() {
  if (collective_ == Collective::kAllGather) {
    result_.fill_(-1);
  } else {
    result_.copy_(given_);
  }
  device::synchronize();
}

/// Otherwise the first to come would count its waiting for the last.
void CheckedCollective::wait_for_all() {
  group_.all_reduce_sum(signal_);
  device::synchronize();
}

void CheckedCollective::communicate() {
  switch (collective_) {
    case Collective::kAllReduce:
      return group_.all_reduce_sum(result_);
    case Collective::kBroadcast:
      return group_.broadcast_from_rank_0(result_);
    case Collective::kAllGather:
      group_.c10d_group()->_allgather_base(result_, given_)->wait();
  }
}

void CheckedCollective::check() const {
  if (result_.equal(expected_)) return;
  const at::Tensor actual = result_.to(at::kCPU, at::kFloat);
  const at::Tensor expected = expected_.to(at::kCPU, at::kFloat);
  const std::int64_t place = first_difference(values_of(actual), values_of(expected)).value_or(0);
  const auto at_place = [place](const at::Tensor& tensor) {
    return std::to_string(values_of(tensor)[static_cast<std::size_t>(place)]);
  };
  throw Error(ExitCode::kFailure,
              std::string(name_of(collective_)) + " of " + std::to_string(bytes()) +
                  " bytes is wrong on rank " + std::to_string(group_.rank()) + ": element " +
                  std::to_string(place) + " is " + at_place(actual) + " and must be " +
                  at_place(expected),
              "a training on these devices computes wrong gradients: look for faulty memory, "
              "network cards and links (dmesg), and try each device and host alone");
}

std::vector<double> longest_over_ranks(const std::vector<double>& times, ProcessGroup& group,
                                       at::Device device) {
  std::vector<at::Tensor> longest = {at::tensor(times, at::kDouble).to(device)};
  c10d::AllreduceOptions options;
  options.reduceOp = c10d::ReduceOp::MAX;
  group.c10d_group()->allreduce(longest, options)->wait();
  const at::Tensor on_host = longest.front().cpu();
  const auto* first = on_host.const_data_ptr<double>();
  return {first, first + times.size()};
}

}  // namespace dplaunch
