#include "worker/distributed/process_group.h"

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "worker/device/device.h"
#include "worker/distributed/rendezvous.h"

namespace dplaunch {
namespace {

std::chrono::milliseconds timeout_of(const Config& config) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(config.timeout_s * 1000));
}

/// Without the stack that what() of a c10::Error has.
std::string one_line(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  std::string text = torch_error != nullptr ? torch_error->what_without_backtrace() : error.what();
  while (text.ends_with('\n')) text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

ProcessGroup ProcessGroup::connect(const RankEnvironment& environment, const Config& config) {
  // There is nobody to meet: no port, no interface and no communicator are needed.
  if (environment.world_size == 1 && !config.group_of_one) return {};
  const std::chrono::milliseconds timeout = timeout_of(config);
  try {
    auto store = rendezvous(environment, timeout);
    auto group =
        device::make_process_group(store, environment.rank, environment.world_size, timeout);
    return {std::move(store), std::move(group)};
  } catch (const std::exception& error) {
    // The backend too waits for the other ranks' addresses.
    throw Error(ExitCode::kRendezvous,
                "rank " + std::to_string(environment.rank) + ": rendezvous at " +
                    environment.master_addr + ":" + std::to_string(environment.master_port) +
                    " failed after at most " + std::to_string(timeout.count() / 1000) +
                    " s: " + one_line(error),
                "see the other ranks' logs for why they did not come; timeout_s sets the limit");
  }
}

ProcessGroup::ProcessGroup(c10::intrusive_ptr<c10d::Store> store,
                           c10::intrusive_ptr<c10d::ProcessGroup> group)
    : store_(std::move(store)), group_(std::move(group)) {
  if (auto check = device::lost_peer_check(group_)) {
    watch_ = std::make_unique<PeerWatch>(std::move(check));
  }
}

const char* ProcessGroup::backend_name() const {
  return group_ ? device::backend_name() : "one process";
}

void ProcessGroup::shutdown() {
  watch_.reset();
  if (group_) group_->shutdown();
}

void ProcessGroup::all_reduce_sum(at::Tensor& tensor) {
  if (size() == 1) return;
  std::vector<at::Tensor> tensors = {tensor};
  group_->allreduce(tensors)->wait();
}

std::vector<double> ProcessGroup::all_reduce_sum(const std::vector<double>& values,
                                                 at::Device device) {
  at::Tensor sums = at::tensor(values, at::kDouble).to(device);
  all_reduce_sum(sums);
  sums = sums.cpu();
  const auto* first = sums.const_data_ptr<double>();
  return {first, first + values.size()};
}

void ProcessGroup::broadcast_from_rank_0(at::Tensor& tensor) {
  if (size() == 1) return;
  std::vector<at::Tensor> tensors = {tensor};
  group_->broadcast(tensors)->wait();
}

std::vector<std::int64_t> ProcessGroup::all_gather(std::int64_t value, at::Device device) {
  at::Tensor values = at::zeros({size()}, at::TensorOptions().dtype(at::kLong).device(device));
  values[rank()].fill_(value);
  all_reduce_sum(values);
  values = values.cpu();
  const auto* first = values.const_data_ptr<std::int64_t>();
  return {first, first + size()};
}

}  // namespace dplaunch
