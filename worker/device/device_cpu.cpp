// The only file that includes Gloo's declarations. Their definitions are inside libtorch_cpu.
#define USE_C10D_GLOO 1

#include <ATen/Parallel.h>
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <new>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include "base/monotonic_clock.h"
#include "base/text/words.h"
#include "common/rank_environment.h"
#include "worker/device/device.h"
#include "worker/device/host_memory.h"

namespace dplaunch::device {
namespace {

constexpr std::size_t kAlignmentBytes = 64;

/// The loopback interface when all ranks are on this host: the default would resolve the host's
/// name, which fails or is slow on many machines. GLOO_SOCKET_IFNAME overrides, as in Python: one
/// interface, or several with commas, which share the work.
std::vector<std::shared_ptr<::gloo::transport::Device>> gloo_devices() {
  using c10d::ProcessGroupGloo;
  std::vector<std::shared_ptr<::gloo::transport::Device>> devices;
  if (const auto names = process_variable("GLOO_SOCKET_IFNAME")) {
    for (const std::string& name : split(*names, ',')) {
      devices.push_back(ProcessGroupGloo::createDeviceForInterface(name));
    }
    return devices;
  }
  const bool is_one_host = read_rank_environment(process_variable).group_world_size == 1;
  devices.push_back(is_one_host ? ProcessGroupGloo::createDeviceForHostname("127.0.0.1")
                                : ProcessGroupGloo::createDefaultDevice());
  return devices;
}

std::int64_t address_space_bytes() {
  std::int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * ::sysconf(_SC_PAGESIZE);
}

/// Of `ulimit -v`.
std::int64_t address_space_left_bytes() {
  rlimit limit{};
  ::getrlimit(RLIMIT_AS, &limit);
  constexpr auto kUnlimited = std::numeric_limits<std::int64_t>::max();
  if (limit.rlim_cur >= static_cast<rlim_t>(kUnlimited)) return kUnlimited;
  return static_cast<std::int64_t>(limit.rlim_cur) - address_space_bytes();
}

/// Is told of each tensor's memory. (The resident memory would be no measure: what the heap has
/// kept of earlier work, and gives out again, differs from run to run.)
class TensorBytes : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, std::int64_t change_bytes, std::size_t, std::size_t,
                         c10::Device) override {
    // Autograd may allocate in another thread.
    const std::int64_t now = held_ += change_bytes;
    std::int64_t peak = peak_.load();
    while (now > peak && !peak_.compare_exchange_weak(peak, now)) {
    }
  }
  bool memoryProfilingEnabled() const override { return true; }

  std::int64_t peak() const { return peak_; }

 private:
  std::atomic<std::int64_t> held_ = 0;
  std::atomic<std::int64_t> peak_ = 0;
};

}  // namespace

at::Device select(const Config&) {
  return at::Device(at::kCPU);
}

std::string describe() {
  return "CPU, " + counted(at::get_num_threads(), "thread");
}

std::string library_versions() {
  return {};
}

const char* backend_name() {
  return "gloo";
}

c10::intrusive_ptr<c10d::ProcessGroup> make_process_group(
    const c10::intrusive_ptr<c10d::Store>& store, int rank, int world_size,
    std::chrono::milliseconds timeout) {
  auto options = c10d::ProcessGroupGloo::Options::create(timeout);
  options->devices = gloo_devices();
  auto backend = c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, world_size, options);
  auto group = c10::make_intrusive<c10d::ProcessGroup>(store, rank, world_size);
  group->setBackend(at::kCPU, c10d::ProcessGroup::BackendType::GLOO, backend);
  group->setDefaultBackend(c10d::ProcessGroup::BackendType::GLOO);
  return group;
}

std::function<std::optional<std::string>()> lost_peer_check(
    const c10::intrusive_ptr<c10d::ProcessGroup>&) {
  return {};
}

at::ScalarType configure_precision(const Config& config) {
  // `auto` is fp32 whatever the processor has: a CPU run gives the same figures everywhere.
  return config.precision == "bf16" ? at::kBFloat16 : at::kFloat;
}

std::shared_ptr<void> allocate_host_memory(std::size_t size_bytes) {
  const std::size_t rounded = (size_bytes + kAlignmentBytes - 1) / kAlignmentBytes;
  void* memory = std::aligned_alloc(kAlignmentBytes, rounded * kAlignmentBytes);
  if (memory == nullptr) throw std::bad_alloc();
  return {memory, std::free};
}

struct Fence::State {};
Fence::Fence() = default;
Fence::Fence(Fence&&) noexcept = default;
Fence& Fence::operator=(Fence&&) noexcept = default;
Fence::~Fence() = default;
void Fence::record() {}
void Fence::wait() {}

struct Moment::State {
  std::int64_t ns = 0;
};
Moment::Moment() : state_(std::make_unique<State>()) {}
Moment::Moment(Moment&&) noexcept = default;
Moment& Moment::operator=(Moment&&) noexcept = default;
Moment::~Moment() = default;
void Moment::record() {
  state_->ns = monotonic_ns();
}
double Moment::seconds_since(const Moment& earlier) const {
  return static_cast<double>(state_->ns - earlier.state_->ns) * 1e-9;
}

void synchronize() {}

void use_own_stream() {}

struct Graph::State {
  std::function<void()> work;
};
Graph::Graph() : state_(std::make_unique<State>()) {}
Graph::Graph(Graph&&) noexcept = default;
Graph& Graph::operator=(Graph&&) noexcept = default;
Graph::~Graph() = default;
void Graph::record(const std::function<void()>& work) {
  state_->work = work;
}
void Graph::replay() {
  state_->work();
}

std::int64_t peak_memory_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * std::int64_t{1024};
}

std::int64_t tensor_bytes_taken(const std::function<void()>& work) {
  const auto bytes = std::make_shared<TensorBytes>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, bytes);
  work();
  return bytes->peak();
}

std::int64_t free_memory_bytes() {
  const RankEnvironment environment = read_rank_environment(process_variable);
  return std::min(host_free_memory_bytes() / environment.local_world_size,
                  address_space_left_bytes());
}

std::optional<std::string> try_within_memory(const std::function<void()>&) {
  return std::nullopt;
}

NoKernelSearch::NoKernelSearch() : was_searching_(false) {}
NoKernelSearch::~NoKernelSearch() = default;

void release_unused_memory() {
  ::malloc_trim(0);
}

}  // namespace dplaunch::device
