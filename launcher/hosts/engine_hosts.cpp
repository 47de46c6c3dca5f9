#include "launcher/hosts/engine_hosts.h"

#include <fmt/core.h>

#include <utility>
#include <vector>

#include "base/error.h"
#include "common/engine_task.h"

namespace dplaunch {
namespace {

constexpr char kOwnJobs[] = "--standalone makes it a job of its own, on this host alone";

Error usage(const std::string& message, const std::string& hint) {
  return Error(ExitCode::kUsage, message, hint);
}

template <typename Value>
std::optional<Told<Value>> told(const std::optional<Value>& given, const char* option,
                                const std::optional<Told<Value>>& by_engine) {
  if (given) return Told<Value>{*given, option};
  return by_engine;
}

/// The engine's word and the options on top of it.
struct Settled {
  std::optional<Told<int>> count;
  std::optional<Told<int>> index;
  std::optional<Told<std::string>> address;
  std::optional<Told<int>> port;
};

Settled settle(const GivenHosts& given, const EngineTask& task) {
  return {
      told(given.count, "--nnodes", task.count), told(given.index, "--node-rank", task.index),
      told(given.address, "--master-addr", task.address),
      told(given.port.value_or(0) == 0 ? std::nullopt : given.port, "--master-port", task.port)};
}

void check_agrees(const GivenHosts& given, const EngineTask& task) {
  if (!given.count || !task.count || *given.count == task.count->value) return;
  throw usage(fmt::format("--nnodes {} contradicts {}={} ({})", *given.count, task.count->by,
                          task.count->value, task.engine),
              std::string("leave --nnodes out, or give --node-rank and --master-addr as well; ") +
                  kOwnJobs);
}

void check_complete(const Settled& settled, const EngineTask& task) {
  const auto require = [&](bool is_known, const char* what, const char* hint) {
    if (is_known) return;
    throw usage(fmt::format("{}; {} is not said", describe(task), what),
                fmt::format("add {}; {}", hint, kOwnJobs));
  };
  require(settled.count.has_value(), "their number", "--nnodes N and --master-addr HOST");
  require(settled.index.has_value(), "which of them this is", "--node-rank I, another on each");
  require(settled.address.has_value(), "the host of task 0",
          "--master-addr HOST, the node of task 0 as all of them reach it (or set MASTER_ADDR for "
          "all)");
  require(settled.port.has_value(), "a port for this job alone",
          "--master-port PORT, the same on all and no other job's");
}

/// "2 hosts (SLURM_STEP_NUM_TASKS), this is number 1 (SLURM_PROCID), ...".
std::string origins(const Settled& settled, const std::string& engine) {
  return fmt::format("{}: {} hosts ({}), this is number {} ({}), host 0 is {} ({}), port {} ({})",
                     engine, settled.count->value, settled.count->by, settled.index->value,
                     settled.index->by, settled.address->value, settled.address->by,
                     settled.port->value, settled.port->by);
}

Hosts hosts_of_task(const GivenHosts& given, const EngineTask& task) {
  check_agrees(given, task);
  const Settled settled = settle(given, task);
  check_complete(settled, task);
  Hosts hosts{settled.count->value, settled.index->value, settled.address->value,
              settled.port->value, /*is_task=*/true};
  if (task.job_id) hosts.job_id = task.job_id->value;
  hosts.notes.push_back(origins(settled, task.engine));
  if (task.on_node && task.on_node->value > 1) {
    hosts.notes.push_back(fmt::format(
        "{} of them share this node ({}): each takes the devices and cores that it is left",
        task.on_node->value, task.on_node->by));
  }
  return hosts;
}

Hosts without_engine(const GivenHosts& given) {
  constexpr int kUsualPort = 29500;  // torchrun's
  Hosts hosts;
  hosts.count = given.count.value_or(hosts.count);
  hosts.index = given.index.value_or(hosts.index);
  hosts.has_index = hosts.count == 1 || given.index.has_value();
  if (hosts.count > 1 && !given.address) {
    throw usage(fmt::format("--nnodes {} needs the address of host 0", hosts.count),
                "add --master-addr HOST, the same on every host");
  }
  hosts.master_addr = given.address.value_or(hosts.master_addr);
  hosts.master_port = given.port.value_or(hosts.master_port);
  if (hosts.count > 1 && hosts.master_port == 0) hosts.master_port = kUsualPort;
  return hosts;
}

/// The host's number, its address and the number of all were given: nobody else is asked.
bool says_all(const GivenHosts& given) {
  return given.count && given.index && given.address;
}

void refuse_idle_nodes(const GivenHosts& given, const VariableLookup& lookup) {
  if (given.count) return;
  const auto nodes = idle_slurm_nodes(lookup);
  if (!nodes) return;
  throw usage(fmt::format("{}={}: this is the shell of a Slurm job, on one of its nodes; nothing "
                          "would run on the others",
                          nodes->by, nodes->value),
              "srun dplaunch ... starts it on all of them; --standalone runs it here alone");
}

/// Each would train by itself, as is right for a search over settings, and wrong otherwise.
void note_outer_launcher(const VariableLookup& lookup, Hosts& hosts) {
  const auto rank = lookup("RANK");
  const auto world_size = lookup("WORLD_SIZE");
  if (!lookup("TORCHELASTIC_RUN_ID") || !rank || !world_size || *world_size == "1") return;
  hosts.notes.push_back(
      fmt::format("warning: within rank {} of {} of another launcher (RANK, TORCHELASTIC_RUN_ID): "
                  "this is a job of its own; --standalone says that it is meant",
                  *rank, *world_size));
}

}  // namespace

Hosts hosts_of(const GivenHosts& given, const VariableLookup& lookup) {
  if (given.is_alone || says_all(given)) return without_engine(given);
  if (const auto task = engine_task(lookup)) return hosts_of_task(given, *task);
  refuse_idle_nodes(given, lookup);
  Hosts hosts = without_engine(given);
  if (hosts.count == 1) note_outer_launcher(lookup, hosts);
  return hosts;
}

void refuse_several_tasks(const std::string& command, const VariableLookup& lookup) {
  const auto task = engine_task(lookup);
  if (!task || !task->count) return;
  throw usage(fmt::format("{} runs on one host; {}", command, describe(*task)),
              "start it as one task, for example with srun -N1 -n1 or mpirun -n 1");
}

}  // namespace dplaunch
