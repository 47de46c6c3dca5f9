#define USE_C10D_NCCL 1

#include <ATen/Context.h>
#include <ATen/core/CachingHostAllocator.h>
#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <ATen/ops/empty.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>
#include <nccl.h>

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include "base/error.h"
#include "common/out_of_memory.h"
#include "worker/device/device.h"

namespace dplaunch::device {
namespace {

/// First compute capability with bf16 matrix units (Ampere).
constexpr int kBf16Major = 8;

const cudaDeviceProp& properties() {
  return *at::cuda::getDeviceProperties(0);
}

/// As torch.use_deterministic_algorithms(True) does. An operation that cannot obey throws.
void forbid_nondeterministic_kernels() {
  // Read when cuBLAS is first used: with more workspaces its sums depend on which one is free.
  ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
  at::Context& context = at::globalContext();
  context.setDeterministicCuDNN(true);
  // Also what ProcessGroupNCCL asks before it lets NCCL add up in the switch (NVLS).
  context.setDeterministicAlgorithms(true, /*warn_only=*/false);
  context.setDeterministicFillUninitializedMemory(false);  // it finds faults, and costs a fill each
}

/// When a collective fails, the watchdog of ProcessGroupNCCL sleeps four times as long before it
/// ends the process: by default a minute. A second suffices for its flight record.
void shorten_dump_of_watchdog() {
  ::setenv("TORCH_NCCL_WAIT_TIMEOUT_DUMP_MILSEC", "500", /*overwrite=*/0);
}

/// By itself NCCL would connect at the first collective, where nobody says what the ranks did then.
void connect(c10::intrusive_ptr<c10d::ProcessGroupNCCL>& backend) {
  try {
    backend->eagerConnectSingleDevice(at::Device(at::kCUDA, 0));
  } catch (...) {
    backend.release();  // leaked: its destructor would wait for the peers until the time-out
    throw;
  }
}

/// After a capture_end() that threw: the allocators still give the pool's memory to a capture that
/// is over. Where they do not any more, the graph's own destructor does what is left.
void end_allocating(c10::MempoolId_t pool) {
  try {
    c10::cuda::CUDACachingAllocator::endAllocateToPool(0, pool);
    c10::cuda::CUDACachingAllocator::releasePool(0, pool);
    at::getHostAllocator(at::kCUDA)->end_allocate_to_pool(pool);
    at::getHostAllocator(at::kCUDA)->release_pool(pool);
  } catch (const std::exception&) {
    return;
  }
}

/// Only what this thread does may break the capture, not the threads that watch NCCL and write
/// checkpoints. Autograd's thread works on the same stream, and so is part of it.
std::unique_ptr<at::cuda::CUDAGraph> capture(const std::function<void()>& work) {
  const c10::MempoolId_t pool = at::cuda::graph_pool_handle();
  auto graph = std::make_unique<at::cuda::CUDAGraph>();
  std::exception_ptr failure;
  try {
    graph->capture_begin(pool, cudaStreamCaptureModeThreadLocal);
    work();
  } catch (...) {
    failure = std::current_exception();
  }
  try {
    graph->capture_end();
  } catch (...) {
    // What broke the work, if anything did, says more than that the capture is not valid.
    if (!failure) failure = std::current_exception();
    end_allocating(pool);
  }
  if (failure) {
    graph.reset();
    release_unused_memory();
    std::rethrow_exception(failure);
  }
  return graph;
}

}  // namespace

at::Device select(const Config& config) {
  // The runtime is asked first: LibTorch's own check throws several lines.
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess || count < 1) {
    const std::string reason = status != cudaSuccess ? cudaGetErrorString(status) : "none visible";
    throw Error(ExitCode::kDevice, "no usable GPU on this machine: " + reason,
                "train on the CPU with dplaunch --device cpu:2, or see nvidia-smi");
  }
  const at::Device device(at::kCUDA, 0);
  c10::cuda::set_device(0);
  at::globalContext().lazyInitDevice(at::kCUDA);
  at::globalContext().setBenchmarkCuDNN(!config.deterministic);
  if (config.deterministic) forbid_nondeterministic_kernels();
  return device;
}

std::string describe() {
  const cudaDeviceProp& device = properties();
  return std::string(device.name) + ", compute " + std::to_string(device.major) + "." +
         std::to_string(device.minor) + ", " + std::to_string(device.totalGlobalMem >> 20) + " MiB";
}

std::string library_versions() {
  return "CUDA " + std::to_string(CUDART_VERSION / 1000) + "." +
         std::to_string(CUDART_VERSION % 1000 / 10) + "\nNCCL " + std::to_string(NCCL_MAJOR) + "." +
         std::to_string(NCCL_MINOR) + "." + std::to_string(NCCL_PATCH) + "\n";
}

const char* backend_name() {
  return "nccl";
}

c10::intrusive_ptr<c10d::ProcessGroup> make_process_group(
    const c10::intrusive_ptr<c10d::Store>& store, int rank, int world_size,
    std::chrono::milliseconds timeout) {
  shorten_dump_of_watchdog();
  auto options = c10d::ProcessGroupNCCL::Options::create(/*is_high_priority_stream=*/true);
  options->timeout = timeout;
  auto backend = c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, world_size, options);
  connect(backend);
  auto group = c10::make_intrusive<c10d::ProcessGroup>(store, rank, world_size);
  // First: setBackend() hands the device on to the backend.
  group->setBoundDeviceId(at::Device(at::kCUDA, 0));
  group->setBackend(at::kCUDA, c10d::ProcessGroup::BackendType::NCCL, backend);
  group->setDefaultBackend(c10d::ProcessGroup::BackendType::NCCL);
  return group;
}

std::function<std::optional<std::string>()> lost_peer_check(
    const c10::intrusive_ptr<c10d::ProcessGroup>& group) {
  return [backend = group->getDefaultBackend()]() -> std::optional<std::string> {
    switch (backend->getError()) {
      case c10d::ErrorType::SUCCESS:
        return std::nullopt;
      case c10d::ErrorType::TIMEOUT:
        return "a collective of NCCL timed out, in which a rank did not take part";
      default:
        return "NCCL reports that the connection failed";
    }
  };
}

at::ScalarType configure_precision(const Config& config) {
  const bool has_bf16 = properties().major >= kBf16Major;
  if (config.precision == "bf16" && !has_bf16) {
    throw Error(ExitCode::kDevice,
                "precision: bf16 needs compute 8.0 or newer; this is a " + describe(),
                "use precision: auto");
  }
  const bool exact = config.precision == "fp32";
  at::globalContext().setAllowTF32CuBLAS(!exact);
  at::globalContext().setAllowTF32CuDNN(!exact);
  const bool half = config.precision == "bf16" || (config.precision == "auto" && has_bf16);
  return half ? at::kBFloat16 : at::kFloat;
}

std::shared_ptr<void> allocate_host_memory(std::size_t size_bytes) {
  // The tensor is what owns the pinned block: it lives as long as the pointer.
  auto owner = std::make_shared<at::Tensor>(
      at::empty({static_cast<std::int64_t>(size_bytes)},
                at::TensorOptions().dtype(at::kByte).pinned_memory(true)));
  return {owner, owner->data_ptr()};
}

struct Fence::State {
  at::cuda::CUDAEvent event;
};
Fence::Fence() : state_(std::make_unique<State>()) {}
Fence::Fence(Fence&&) noexcept = default;
Fence& Fence::operator=(Fence&&) noexcept = default;
Fence::~Fence() = default;
void Fence::record() {
  state_->event.record();
}
void Fence::wait() {
  state_->event.synchronize();
}

struct Moment::State {
  at::cuda::CUDAEvent event{cudaEventDefault};  // with timing
};
Moment::Moment() : state_(std::make_unique<State>()) {}
Moment::Moment(Moment&&) noexcept = default;
Moment& Moment::operator=(Moment&&) noexcept = default;
Moment::~Moment() = default;
void Moment::record() {
  state_->event.record();
}
double Moment::seconds_since(const Moment& earlier) const {
  state_->event.synchronize();
  return static_cast<double>(earlier.state_->event.elapsed_time(state_->event)) * 1e-3;
}

void synchronize() {
  c10::cuda::device_synchronize();
}

void use_own_stream() {
  c10::cuda::setCurrentCUDAStream(c10::cuda::getStreamFromPool());
}

struct Graph::State {
  std::unique_ptr<at::cuda::CUDAGraph> graph;
};
Graph::Graph() : state_(std::make_unique<State>()) {}
Graph::Graph(Graph&&) noexcept = default;
Graph& Graph::operator=(Graph&&) noexcept = default;
Graph::~Graph() = default;

void Graph::record(const std::function<void()>& work) {
  synchronize();
  // What earlier steps have left would be of no use to the graph, which has memory of its own.
  release_unused_memory();
  state_->graph = capture(work);
}

void Graph::replay() {
  state_->graph->replay();
}

std::int64_t peak_memory_bytes() {
  constexpr auto kAggregate = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  return c10::cuda::CUDACachingAllocator::getDeviceStats(0).allocated_bytes[kAggregate].peak;
}

std::int64_t tensor_bytes_taken(const std::function<void()>& work) {
  c10::cuda::CUDACachingAllocator::resetPeakStats(0);
  const std::int64_t before_bytes = peak_memory_bytes();
  work();
  return peak_memory_bytes() - before_bytes;
}

std::int64_t free_memory_bytes() {
  release_unused_memory();
  std::size_t free_bytes = 0;
  std::size_t total_bytes = 0;
  C10_CUDA_CHECK(cudaMemGetInfo(&free_bytes, &total_bytes));
  return static_cast<std::int64_t>(free_bytes);
}

std::optional<std::string> try_within_memory(const std::function<void()>& work) {
  std::string refusal;
  try {
    work();
    return std::nullopt;
  } catch (const c10::Error& error) {
    refusal = error.what_without_backtrace();
    if (!says_out_of_memory(refusal)) throw;
  }
  // Now that nothing of `work` is left.
  release_unused_memory();
  return refusal.substr(0, refusal.find('\n'));
}

NoKernelSearch::NoKernelSearch() : was_searching_(at::globalContext().benchmarkCuDNN()) {
  at::globalContext().setBenchmarkCuDNN(false);
}
NoKernelSearch::~NoKernelSearch() {
  at::globalContext().setBenchmarkCuDNN(was_searching_);
}

void release_unused_memory() {
  c10::cuda::CUDACachingAllocator::emptyCache();
}

}  // namespace dplaunch::device
