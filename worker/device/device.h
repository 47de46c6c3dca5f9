#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>

#include "common/config/config.h"

/// All that differs between the two workers. device_cpu.cpp implements it over Gloo,
/// device_cuda.cpp over CUDA and NCCL; a worker links one of them. Called from the main thread.
namespace dplaunch::device {

/// The device this process trains on: the CPU, or the one GPU that CUDA_VISIBLE_DEVICES leaves it.
/// From now on its libraries are as exact in repeating a result as `config.deterministic` asks.
/// Throws Error(kDevice) in one line if there is no usable GPU.
at::Device select(const Config& config);

/// For the log: "CPU, 1 thread" or "NVIDIA H100 80GB HBM3, compute 9.0, 81090 MiB".
std::string describe();

/// For --version, one "name version" a line: what this worker was built with for its device. Needs
/// no device.
std::string library_versions();

/// "gloo" or "nccl".
const char* backend_name();

/// A process group on `store` whose collectives take this device's tensors and fail after
/// `timeout` without a peer's answer. The ranks are connected when it returns. A collective.
c10::intrusive_ptr<c10d::ProcessGroup> make_process_group(
    const c10::intrusive_ptr<c10d::Store>& store, int rank, int world_size,
    std::chrono::milliseconds timeout);

/// Says what the group's backend has noticed of a lost peer by itself, outside of any call; nullopt
/// if nothing. Empty where calls alone notice it. The function may be called on any thread.
std::function<std::optional<std::string>()> lost_peer_check(
    const c10::intrusive_ptr<c10d::ProcessGroup>& group);

/// The element type to run forward under with autocast, for `config.precision`; kFloat means no
/// autocast. Also sets what the libraries may do with fp32 (TF32).
at::ScalarType configure_precision(const Config& config);

/// Host memory that the device reads fastest (pinned, on a GPU).
std::shared_ptr<void> allocate_host_memory(std::size_t size_bytes);

/// Marks a point in the device's stream of work: `wait` returns when everything enqueued before
/// `record` has been done. On the CPU work is done when the call returns, so both do nothing.
class Fence {
 public:
  Fence();
  Fence(Fence&&) noexcept;
  Fence& operator=(Fence&&) noexcept;
  ~Fence();
  void record();
  void wait();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A point in the device's stream of work, in time. On a GPU it costs an event, and reading it
/// waits until the device has come there.
class Moment {
 public:
  Moment();
  Moment(Moment&&) noexcept;
  Moment& operator=(Moment&&) noexcept;
  ~Moment();
  void record();
  /// Seconds from `earlier`, both recorded.
  double seconds_since(const Moment& earlier) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Waits for all work of the device.
void synchronize();

/// Has this thread's work go to a stream of the process's own from here on: the default one cannot
/// be recorded. Before anything is made that keeps the stream that it was made on, as a process
/// group's and a reducer's parts do.
void use_own_stream();

/// Work of the device that is recorded once and then done by one call, a CUDA graph: the host asks
/// once in place of once an operation. The CPU, where asking costs nothing, keeps the work itself
/// and does it again.
class Graph {
 public:
  Graph();
  Graph(Graph&&) noexcept;
  Graph& operator=(Graph&&) noexcept;
  ~Graph();

  /// Records the device's operations that `work` asks for, on own stream, in place of doing them;
  /// waits for the device before. All memory that they use must stay where it is: what they take
  /// themselves belongs to the graph, what they read and leave must be kept alive. `work` must not
  /// ask the device for a value. Throws what `work` throws, and c10::Error for what cannot be
  /// recorded; then nothing is recorded, and the device can go on.
  void record(const std::function<void()>& work);
  /// Does what was recorded, in the order of the current stream.
  void replay();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The most memory that this process has held since its start: resident on the CPU, allocated on a
/// GPU.
std::int64_t peak_memory_bytes();

/// How much more memory than before tensors hold at once while `work` is done, to the byte: the
/// same each time. On the CPU only what this thread allocates, and what autograd does for it.
std::int64_t tensor_bytes_taken(const std::function<void()>& work);

/// What this process may take in addition: of its GPU; on the CPU its share of what the host has,
/// or what its memory cgroup or `ulimit -v` allows.
std::int64_t free_memory_bytes();

/// Does `work`; nullopt if it got the memory that it asked for. Else what the library said of it,
/// and what `work` left is given back. On the CPU, where the kernel would kill the process, it does
/// nothing and returns nullopt.
std::optional<std::string> try_within_memory(const std::function<void()>& work);

/// While it lives, a kernel for a new shape is guessed. Otherwise the library tries all that it has
/// (cuDNN's benchmark), which takes minutes for thousands of images. On the CPU it does nothing.
class NoKernelSearch {
 public:
  NoKernelSearch();
  ~NoKernelSearch();
  NoKernelSearch(const NoKernelSearch&) = delete;
  NoKernelSearch& operator=(const NoKernelSearch&) = delete;

 private:
  bool was_searching_;
};

/// Returns memory that is cached for later allocations to the system or the driver.
void release_unused_memory();

}  // namespace dplaunch::device
