#pragma once

#include <optional>
#include <string>

#include "common/engine_variables.h"
#include "common/rank_environment.h"
#include "launcher/plan/launch_plan.h"

namespace dplaunch {

/// What the command line itself says of the hosts.
struct GivenHosts {
  std::optional<int> count;                  ///< --nnodes
  std::optional<Told<int>> least;            ///< --min-nodes, or of --nnodes MIN:MAX
  std::optional<int> index;                  ///< --node-rank
  std::optional<Told<std::string>> address;  ///< --master-addr or --rdzv-endpoint
  std::optional<Told<int>> port;             ///< theirs, or --master-port
  std::optional<Told<std::string>> job_id;   ///< --rdzv-id
  bool is_alone = false;                     ///< --standalone or --nnodes 1: alone on purpose
};

/// The hosts of the job: what was given, and for the rest what the engine says that started this
/// process as one of several tasks. Each task is a host here, also where some share a node: it has
/// a launcher of its own, and the devices that the engine left it. Without an engine what was not
/// given is as in Hosts. Of several hosts each value is noted, with whom it is from. Never silent:
/// an engine's word is used, or replaced by an option, or it is an Error(kUsage) that names its
/// variable and the option: if a value is missing, if an option or another engine contradicts it,
/// and in a Slurm job of several nodes outside of srun. Only a host's number may be missing, if
/// host 0's address is known: hosts are then counted as they come.
Hosts hosts_of(const GivenHosts& given, const VariableLookup& lookup);

/// For a command that runs on one host: throws Error(kUsage) if an engine started it as one of
/// several tasks. `command`: "dplaunch eval".
void refuse_several_tasks(const std::string& command, const VariableLookup& lookup);

}  // namespace dplaunch
