#pragma once

#include <ctime>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "launcher/commands/job/launch_options.h"
#include "launcher/hosts/host_channel.h"
#include "launcher/hosts/host_facts.h"
#include "launcher/runs/claim_run.h"

namespace dplaunch {

/// What is the same on all hosts of a job, whatever it is: dplaunch's version and what decides
/// about restarts.
std::vector<std::pair<std::string, std::string>> common_facts(const LaunchOptions& options);

/// Claims the folder of a run. On several hosts host 0 claims it, and each other its own below one
/// of that name, "host-1": they may share a file system, or not. `channel`: nullptr on one host.
ClaimedRun claim_for_host(const RunPlace& place, std::time_t now, HostChannel* channel);

/// The folder that it would claim, without touching the disk.
RunFolder expected_for_host(const RunPlace& place, std::time_t now, int host);

/// The options that say on which hosts a job runs, for a command that goes on with it: " --nnodes
/// 2 ...", empty on one host.
std::string host_words(const Hosts& hosts);

}  // namespace dplaunch
