#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "launcher/commands/doctor/facts.h"

/// Look at this machine and change nothing on it. None of them throws for what it cannot find out:
/// the facts say so.
namespace dplaunch::doctor {

/// `request` is what --device asked for, or "auto".
DeviceFacts probe_devices(const DeviceRequest& request, bool is_asked);
WorkerFacts probe_worker(WorkerKind kind, const std::string& driver_version);
/// Runs the workers for a moment: not where there is one process, no worker, or a CPU that nobody
/// asked about.
AllReduceFacts probe_all_reduce(const DeviceFacts& devices, const DeviceSelection& selection,
                                const WorkerFacts& worker);
SharedMemoryFacts probe_shared_memory();
LimitFacts probe_limits();
NetworkFacts probe_network();
ClockFacts probe_clock();
FolderFacts probe_folder(const std::filesystem::path& folder);
DataFacts probe_data(const std::filesystem::path& root);
CoreFacts probe_cores();
MemoryFacts probe_memory();
KernelFacts probe_kernel();
EnvironmentFacts probe_environment();

/// Their names.
std::vector<std::string> network_interfaces();

/// Docker, Podman, Kubernetes: what a user would call a container.
bool is_in_container();

/// All of them; `root` is the data folder.
Facts gather_facts(const DeviceRequest& request, bool is_asked, const std::filesystem::path& root);

}  // namespace dplaunch::doctor
