#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/data_set.h"
#include "launcher/devices/device_string.h"
#include "launcher/devices/gpu_links.h"
#include "launcher/devices/select_devices.h"
#include "launcher/plan/find_worker.h"

/// What the doctor looks at, gathered in one place and judged in another (checks.h), so that every
/// judgement can be tested with invented facts.
namespace dplaunch::doctor {

struct DeviceFacts {
  DeviceRequest request;       ///< of --device, or "auto"
  bool is_asked = false;       ///< --device was given
  MachineDevices machine;      ///< without a probe if `request` is for the CPU
  std::vector<GpuLink> links;  ///< of the GPUs that answer
  int gpus_on_pci_bus = 0;     ///< NVIDIA's, whether a driver runs or not
  bool is_in_container = false;
};

/// What came of a worker's `--version`.
struct WorkerVersions {
  std::string problem{};   ///< why there is none: the loader's message, or its exit code
  std::string dplaunch{};  ///< each empty if the worker does not say
  std::string libtorch{};
  std::string cuda{};
  std::string nccl{};
};

struct WorkerFacts {
  WorkerKind kind = WorkerKind::kCpu;
  WorkerExecutable executable;
  bool is_users_own = false;               ///< named by DPLAUNCH_WORKER
  std::optional<WorkerVersions> versions;  ///< nullopt: it was not run
  std::string driver_version;              ///< empty without a driver
};

/// A short all-reduce over the devices that were asked about.
struct AllReduceFacts {
  bool is_tried = false;
  bool is_on_gpus = false;
  bool has_only_nvlinks = false;  ///< between each pair of its GPUs
  int processes = 0;
  std::int64_t bytes = 0;
  double seconds = 0;   ///< of one
  std::string problem;  ///< why there is no figure
  std::string command;  ///< that does the same and shows all that is printed
};

struct FileSystemSpace {
  std::int64_t total_bytes = 0;
  std::int64_t free_bytes = 0;  ///< to this user
};

struct SharedMemoryFacts {
  std::optional<FileSystemSpace> space;  ///< of /dev/shm; nullopt if there is none
  bool is_in_container = false;
};

inline constexpr std::int64_t kUnlimited = -1;

/// Of one resource, soft and hard; kUnlimited without one.
struct Limit {
  std::int64_t soft = kUnlimited;
  std::int64_t hard = kUnlimited;
};

struct LimitFacts {
  Limit open_files;
  Limit locked_memory_bytes;
  Limit processes;
  Limit core_bytes;
  bool has_infiniband = false;
  bool is_root = false;
};

struct NetworkFacts {
  std::string host_name;
  std::string resolve_problem;             ///< empty if the name resolves
  std::int64_t resolve_ms = 0;             ///< how long that took
  std::vector<std::string> addresses;      ///< what it resolves to
  std::vector<std::string> own_addresses;  ///< of this machine's interfaces
  std::string loopback_problem;            ///< empty if a connection to 127.0.0.1 works
  bool is_usual_port_free = true;          ///< 29500, the default of several hosts
};

struct ClockFacts {
  int year = 0;
  int build_year = 0;                   ///< when this dplaunch was built
  std::optional<bool> is_synchronised;  ///< nullopt: the kernel does not tell
};

struct FolderFacts {
  std::filesystem::path path;
  std::filesystem::path existing;  ///< itself, or the nearest folder above it that exists
  std::string write_problem;       ///< empty if a folder could be made in `existing`
  std::optional<FileSystemSpace> space;
};

struct DataFacts {
  FolderFacts folder;
  bool has_files = false;      ///< some of the set's files are there
  std::optional<DataSet> set;  ///< nullopt: not there, or damaged
  std::string problem;         ///< why there is no set
  std::string hint;
};

struct CoreFacts {
  int online = 1;         ///< of the machine
  int allowed = 1;        ///< of these, by this process's affinity mask
  int usable = 1;         ///< of these, under the control group's quota
  int gpu_processes = 0;  ///< of the job that --device means
};

struct MemoryFacts {
  std::int64_t total_bytes = 0;
  std::int64_t available_bytes = 0;         ///< of the machine
  std::optional<std::int64_t> limit_bytes;  ///< the control group's
};

/// Each `_errno` is 0 if the kernel granted the call.
struct KernelFacts {
  std::string release;
  int pidfd_errno = 0;
  int affinity_errno = 0;
  int parent_death_signal_errno = 0;
  int subreaper_errno = 0;
  bool is_filtered = false;         ///< seccomp filters this process's system calls
  std::optional<int> ptrace_scope;  ///< Yama's; nullopt without Yama
};

struct EnvironmentFacts {
  std::map<std::string, std::string> variables;
  std::vector<std::string> interfaces;  ///< this machine's network interfaces
  std::string mask_note;  ///< what CUDA_VISIBLE_DEVICES hides or got wrong; may be empty
  int processes = 1;      ///< of the job that --device means
  int usable_cores = 1;
};

struct Facts {
  DeviceFacts devices;
  WorkerFacts worker;
  AllReduceFacts all_reduce;
  SharedMemoryFacts shared_memory;
  LimitFacts limits;
  NetworkFacts network;
  ClockFacts clock;
  FolderFacts runs;
  DataFacts data;
  CoreFacts cores;
  MemoryFacts memory;
  KernelFacts kernel;
  EnvironmentFacts environment;
};

}  // namespace dplaunch::doctor
