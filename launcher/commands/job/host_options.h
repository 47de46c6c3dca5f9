#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "launcher/plan/launch_plan.h"

namespace dplaunch {

/// The heading in --help of the options that say on which hosts a job runs.
inline constexpr char kHostGroup[] = "Hosts (as torchrun's)";

/// Declares --nnodes, whose value goes to `count` as it is written, --node-rank, --master-addr and
/// --master-port.
void add_host_options(CLI::App& app, Hosts& hosts, std::string& count);

/// Checks them, and takes what they leave open from the engine that started this process
/// (hosts_of()). `is_alone`: one host, whatever an engine says. `is_own_worker`: dplaunch's own,
/// whose store listens on the loopback where there is one host. Throws Error(kUsage).
void settle_hosts(Hosts& hosts, const std::string& count, bool is_alone, const CLI::App& app,
                  bool is_own_worker);

}  // namespace dplaunch
