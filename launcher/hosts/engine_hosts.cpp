#include "launcher/hosts/engine_hosts.h"

#include <fmt/core.h>

#include <utility>
#include <vector>

#include "base/error.h"
#include "common/engine_task.h"
#include "common/torchrun_values.h"

namespace dplaunch {
namespace {

constexpr char kOwnJobs[] = "--standalone makes it a job of its own, on this host alone";

Error usage(const std::string& message, const std::string& hint) {
  return Error(ExitCode::kUsage, message, hint);
}

template <typename Value>
std::optional<Told<Value>> first_of(const std::optional<Told<Value>>& given,
                                    const std::optional<Told<Value>>& otherwise) {
  return given ? given : otherwise;
}

std::optional<Told<int>> told(const std::optional<int>& given, const char* option) {
  return given ? std::optional(Told<int>{*given, option}) : std::nullopt;
}

/// Of several hosts: the options, and what is known without them.
struct Settled {
  std::optional<Told<int>> count;
  std::optional<Told<int>> least;
  std::optional<Told<int>> index;
  std::optional<Told<std::string>> address;
  std::optional<Told<int>> port;
  std::optional<Told<std::string>> job_id;
};

Settled settle(const GivenHosts& given, const EngineTask& task) {
  return {first_of(told(given.count, "--nnodes"), task.count),
          first_of(given.least, task.least),
          first_of(told(given.index, "--node-rank"), task.index),
          first_of(given.address, task.address),
          first_of(given.port, task.port),
          first_of(given.job_id, task.job_id)};
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
  require(settled.address.has_value(), "the host of task 0",
          "--master-addr HOST, the node of task 0 as all of them reach it (or set MASTER_ADDR for "
          "all)");
  require(settled.port.has_value(), "a port for this job alone",
          "--master-port PORT, the same on all and no other job's");
}

/// "2 hosts (SLURM_STEP_NUM_TASKS), this is number 1 (SLURM_PROCID), ...".
std::string origins(const Settled& settled) {
  const std::string least = settled.least ? fmt::format(", at least {} of them ({})",
                                                        settled.least->value, settled.least->by)
                                          : std::string();
  const std::string which =
      settled.index ? fmt::format("this is number {} ({})", settled.index->value, settled.index->by)
                    : "numbered as they come";
  const auto& job_id = settled.job_id;
  const bool is_named = job_id && settled.port->by != "made of " + job_id->by;
  const std::string job =
      is_named ? fmt::format(", job {} ({})", job_id->value, job_id->by) : std::string();
  return fmt::format("{} hosts ({}){}, {}, host 0 is {} ({}), port {} ({}){}", settled.count->value,
                     settled.count->by, least, which, settled.address->value, settled.address->by,
                     settled.port->value, settled.port->by, job);
}

/// All that several hosts need to know is.
Hosts several_hosts(const Settled& settled) {
  Hosts hosts;
  hosts.count = settled.count->value;
  if (settled.least && settled.least->value < hosts.count) hosts.min_count = settled.least->value;
  hosts.has_index = settled.index.has_value();
  if (settled.index) hosts.index = settled.index->value;
  hosts.master_addr = settled.address->value;
  hosts.master_port = settled.port->value;
  if (settled.job_id) hosts.job_id = settled.job_id->value;
  return hosts;
}

Hosts hosts_of_task(const GivenHosts& given, const EngineTask& task) {
  check_agrees(given, task);
  const Settled settled = settle(given, task);
  check_complete(settled, task);
  Hosts hosts = several_hosts(settled);
  hosts.is_task = true;
  hosts.notes.push_back(task.engine + ": " + origins(settled));
  if (task.on_node && task.on_node->value > 1) {
    hosts.notes.push_back(fmt::format(
        "{} of them share this node ({}): each takes the devices and cores that it is left",
        task.on_node->value, task.on_node->by));
  }
  return hosts;
}

Hosts one_host(const GivenHosts& given) {
  Hosts hosts;
  hosts.index = given.index.value_or(hosts.index);
  if (given.address) hosts.master_addr = given.address->value;
  if (given.port) hosts.master_port = given.port->value;
  if (given.job_id) hosts.job_id = given.job_id->value;
  return hosts;
}

Hosts without_engine(const GivenHosts& given) {
  if (given.count.value_or(1) == 1) return one_host(given);
  if (!given.address) {
    throw usage(fmt::format("--nnodes {} needs the address of host 0", *given.count),
                "add --master-addr HOST, the same on every host");
  }
  EngineTask usual;
  usual.port = Told<int>{kUsualMasterPort, "torchrun's usual one"};
  const Settled settled = settle(given, usual);
  Hosts hosts = several_hosts(settled);
  hosts.notes.push_back(origins(settled));
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
