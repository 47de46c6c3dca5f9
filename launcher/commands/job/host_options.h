#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "launcher/commands/job/meeting_place.h"
#include "launcher/plan/launch_plan.h"

namespace dplaunch {

/// The heading in --help of the options that say on which hosts a job runs.
inline constexpr char kHostGroup[] = "Hosts (as torchrun's)";

/// What is said of the hosts, as it is written.
struct RawHostOptions {
  std::string count;
  RawMeetingPlace meeting;
  std::string token_file;
  int min_count = 0;
  double host_timeout_s = 3;
};

/// Declares --nnodes, --node-rank, where hosts meet and what else belongs to several of them.
void add_host_options(CLI::App& app, Hosts& hosts, RawHostOptions& raw);

/// Checks them, and takes what they leave open from the engine that started this process
/// (hosts_of()). `is_alone`: one host, whatever an engine says. `is_own_worker`: dplaunch's own,
/// whose store listens on the loopback where there is one host. Throws Error(kUsage).
void settle_hosts(Hosts& hosts, const RawHostOptions& raw, bool is_alone, const CLI::App& app,
                  bool is_own_worker);

}  // namespace dplaunch
