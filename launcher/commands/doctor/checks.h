#pragma once

#include <string>

#include "launcher/commands/doctor/facts.h"
#include "launcher/commands/doctor/finding.h"

/// The judgements. Each looks at nothing but its facts, never throws, and has a finding even where
/// all is well.
namespace dplaunch::doctor {

Findings check_driver(const DeviceFacts& facts);
Findings check_gpus(const DeviceFacts& facts);
Findings check_choice(const DeviceFacts& facts);
Findings check_links(const DeviceFacts& facts);
Findings check_worker(const WorkerFacts& facts);
Findings check_all_reduce(const AllReduceFacts& facts);
Findings check_shared_memory(const SharedMemoryFacts& facts);
Findings check_limits(const LimitFacts& facts);
Findings check_host_name(const NetworkFacts& facts);
Findings check_ports(const NetworkFacts& facts);
Findings check_clock(const ClockFacts& facts);
Findings check_runs_folder(const FolderFacts& facts);
Findings check_data(const DataFacts& facts);
Findings check_cores(const CoreFacts& facts);
Findings check_memory(const MemoryFacts& facts);
Findings check_kernel(const KernelFacts& facts);
Findings check_environment(const EnvironmentFacts& facts);

/// All of them, the worst findings first, otherwise in the order above.
Findings check_all(const Facts& facts);

}  // namespace dplaunch::doctor
