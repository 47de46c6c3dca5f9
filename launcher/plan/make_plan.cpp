#include "launcher/plan/make_plan.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/process/surroundings.h"
#include "base/process/usable_cores.h"
#include "base/text/words.h"
#include "launcher/affinity/bind_ranks.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

CpuBinding cores(const PlanInputs& inputs, int rank) {
  if (!inputs.binding.ranks.empty()) return inputs.binding.ranks.at(static_cast<std::size_t>(rank));
  CpuBinding unbound;
  unbound.share_cpus = std::max(1, inputs.usable_cores / inputs.devices.processes());
  return unbound;
}

std::int64_t wanted_workers_per_rank(const PlanInputs& inputs) {
  const int ranks = inputs.devices.processes();
  return (inputs.workers + ranks - 1) / ranks;
}

int workers(const PlanInputs& inputs, const CpuBinding& cores) {
  return static_cast<int>(
      std::min<std::int64_t>(wanted_workers_per_rank(inputs), cores.share_cpus));
}

void note_lowered_workers(const PlanInputs& inputs, LaunchPlan& plan) {
  const auto [min, max] = std::minmax_element(
      plan.ranks.begin(), plan.ranks.end(), [](const RankPlan& a, const RankPlan& b) {
        return a.environment.workers < b.environment.workers;
      });
  const int lowest = min->environment.workers;
  const int highest = max->environment.workers;
  if (lowest == wanted_workers_per_rank(inputs)) return;
  plan.notes.push_back(fmt::format(
      "workers: {} lowered to {}{} per process ({} usable cores, {})", inputs.workers, lowest,
      highest > lowest ? fmt::format(" to {}", highest) : "", inputs.usable_cores,
      counted(inputs.devices.processes(), "process", "processes")));
}

RunFolder absolute(const RunFolder& folder) {
  return RunFolder(fs::absolute(folder.root()).lexically_normal());
}

/// Names the job in its store: the same for all of its ranks.
std::string run_id(const PlanInputs& inputs) {
  if (inputs.hosts.met) return inputs.hosts.met->run_id;
  if (!inputs.hosts.job_id.empty()) return inputs.hosts.job_id;
  if (!inputs.run_folder) return "none";  // as torchrun calls it
  return absolute(*inputs.run_folder).root().filename().string();
}

/// Before the hosts have met, as if all had as many processes as this one.
int first_rank(const PlanInputs& inputs) {
  if (inputs.hosts.met) return inputs.hosts.met->first_rank;
  return inputs.hosts.index * inputs.devices.processes();
}

RankEnvironment rank_environment(const PlanInputs& inputs, int local_rank) {
  RankEnvironment environment;
  environment.local_rank = !inputs.is_own_worker && inputs.isolate_devices ? 0 : local_rank;
  environment.local_world_size = inputs.devices.processes();
  const Hosts& hosts = inputs.hosts;
  environment.rank = first_rank(inputs) + local_rank;
  environment.world_size =
      hosts.met ? hosts.met->world_size : hosts.count * environment.local_world_size;
  environment.group_rank = hosts.index;
  environment.group_world_size = hosts.count;
  environment.master_addr = hosts.met ? hosts.met->address : hosts.master_addr;
  // Of several hosts that port is their launchers'; the store gets its own.
  environment.master_port = hosts.is_joint() ? 0 : hosts.master_port;
  environment.max_restarts = inputs.supervision.max_restarts;
  environment.run_id = run_id(inputs);
  if (!inputs.run_folder) return environment;
  const RunFolder run = absolute(*inputs.run_folder);
  environment.error_file = run.error_record(environment.rank).string();
  environment.run_dir = run.root().string();
  environment.start_id = inputs.start_id;
  if (inputs.is_own_worker) {
    if (inputs.run_folder->held()) environment.run_folder_id = inputs.run_folder->held()->text();
    environment.preempt_signal = inputs.supervision.preempt_signal;
  }
  environment.status_board = run.status_board().string();
  return environment;
}

/// Unless the user set it.
void add(const PlanInputs& inputs, const char* name, const std::string& value,
         EnvironmentVariables& variables) {
  variables.emplace_back(name, inputs.inherited(name).value_or(value));
}

void add(const PlanInputs& inputs, std::span<const FixedVariable> added,
         EnvironmentVariables& variables) {
  for (const auto& [name, value] : added) add(inputs, name, value, variables);
}

/// A number means the GPU that we mean, wherever the ranks' runtime counts as NVML does.
bool counts_alike(const PlanInputs& inputs) {
  const auto order = inputs.devices.kind().order_variables;
  return inputs.devices.has_sure_numbers &&
         std::all_of(order.begin(), order.end(), [&](const FixedVariable& variable) {
           return inputs.inherited(variable.name).value_or(variable.value) == variable.value;
         });
}

/// The trainer takes UUIDs, which mean the same GPUs whatever order is in force. Of a command many
/// libraries expect numbers: PyTorch's Inductor, DeepSpeed, vLLM. HIP took numbers alone for long.
std::string name_in_mask(const PlanInputs& inputs, const Gpu& gpu) {
  const bool takes_number = !inputs.is_own_worker && counts_alike(inputs);
  const bool takes_uuid = inputs.devices.kind().mask_takes_uuids && !takes_number;
  return takes_uuid ? gpu.uuid : std::to_string(gpu.number_in_mask());
}

void set_mask(const PlanInputs& inputs, const std::string& value, EnvironmentVariables& variables) {
  const DeviceKind& kind = inputs.devices.kind();
  variables.emplace_back(kind.mask_variable, value);
  // Two that differ: which of them counts depends on who reads them.
  if (kind.other_mask_variable != nullptr && inputs.inherited(kind.other_mask_variable)) {
    variables.emplace_back(kind.other_mask_variable, value);
  }
}

void add_mask(const PlanInputs& inputs, const Gpu& gpu, EnvironmentVariables& variables) {
  const DeviceKind& kind = inputs.devices.kind();
  add(inputs, kind.order_variables, variables);
  if (inputs.isolate_devices) {
    set_mask(inputs, name_in_mask(inputs, gpu), variables);
    return;
  }
  if (inputs.devices.keeps_mask) return;
  std::vector<std::string> names;
  for (const Gpu& each : inputs.devices.gpus) names.push_back(name_in_mask(inputs, each));
  set_mask(inputs, joined(names, ","), variables);
}

/// So that the collective library of a rank on a GPU records what it was doing when it hung.
void add_collective_variables(const PlanInputs& inputs, EnvironmentVariables& variables) {
  const DeviceKind& kind = inputs.devices.kind();
  add(inputs, kind.collective_variables, variables);
  if (kind.flight_record_variable == nullptr || !inputs.run_folder) return;
  add(inputs, kind.flight_record_variable, absolute(*inputs.run_folder).flight_record_prefix(),
      variables);
}

/// The ranks meet at an address, on one host at the loopback's, and no name needs to be looked up,
/// which takes ten seconds each time where the name server does not answer. By themselves Gloo and
/// TensorPipe (RPC) would ask for the host's own name, and c10d for that of every address that it
/// connects to.
void add_name_variables(const PlanInputs& inputs, EnvironmentVariables& variables) {
  const bool is_one_host = !inputs.hosts.is_joint();
  const std::string interface = is_one_host          ? "lo"
                                : inputs.hosts.met ? inputs.hosts.met->interface
                                                     : "";
  if (inputs.is_own_worker) {
    // No name server is asked at all, which would not do for a program that loads data over the
    // network. The trainer chooses the interface itself.
    add(inputs, "RES_OPTIONS", "attempts:0", variables);
    // c10d would warn of every client whose name it does not find then.
    add(inputs, "TORCH_CPP_LOG_LEVEL", "ERROR", variables);
    if (is_one_host) return;
  }
  if (interface.empty()) return;
  for (const char* name : {"GLOO_SOCKET_IFNAME", "TP_SOCKET_IFNAME"}) {
    add(inputs, name, interface, variables);
  }
  // "=": that one, not all whose names begin so (NCCL's environment variables).
  if (!is_one_host) add(inputs, "NCCL_SOCKET_IFNAME", "=" + interface, variables);
}

EnvironmentVariables variables(const PlanInputs& inputs, const RankPlan& rank) {
  EnvironmentVariables variables;
  if (rank.gpu) {
    // The other kinds' masks stay as they are: HIP also obeys CUDA_VISIBLE_DEVICES, for one.
    add_mask(inputs, *rank.gpu, variables);
  } else {
    for (const DeviceKind& kind : gpu_kinds()) {
      variables.emplace_back(kind.mask_variable, kind.empty_mask);
    }
  }
  add(inputs, "OMP_NUM_THREADS", std::to_string(rank.cores.share_cpus), variables);
  add_collective_variables(inputs, variables);
  add_name_variables(inputs, variables);
  return variables;
}

RendezvousKind rendezvous_kind(const PlanInputs& inputs) {
  if (inputs.hosts.index > 0) return RendezvousKind::kElsewhere;
  return inputs.is_own_worker ? RendezvousKind::kHandedOver : RendezvousKind::kReserved;
}

void check_shown_ranks(const PlanInputs& inputs) {
  const int count = inputs.devices.processes();
  if (inputs.supervision.show_all_ranks || inputs.hosts.is_joint()) return;
  for (const int rank : inputs.supervision.shown_ranks) {
    if (rank >= 0 && rank < count) continue;
    throw Error(ExitCode::kUsage, fmt::format("--show {}: there is no such rank", rank),
                fmt::format("the job has the ranks 0 to {}", count - 1));
  }
}

}  // namespace

JobBinding bind_devices(const DeviceSelection& devices, Bind bind, int usable_cores) {
  BindRequest request;
  request.bind = bind;
  for (int rank = 0; rank < devices.processes(); ++rank) {
    request.gpus.emplace_back();
    if (const Gpu* gpu = devices.gpu_of(rank)) request.gpus.back() = gpu->pci_bus_id;
  }
  request.allowed_cpus = allowed_cpus();
  request.usable_cores = usable_cores;
  return bind_on_this_machine(request);
}

LaunchPlan make_plan(const PlanInputs& inputs) {
  check_shown_ranks(inputs);
  LaunchPlan plan;
  plan.run_folder = inputs.run_folder;
  plan.start_id = inputs.start_id;
  plan.append_logs = inputs.append_logs;
  plan.attempt = inputs.attempt;
  plan.is_own_worker = inputs.is_own_worker;
  plan.rendezvous = rendezvous_kind(inputs);
  if (inputs.hosts.is_joint()) {
    plan.meeting = fmt::format("{}:{}", inputs.hosts.master_addr, inputs.hosts.master_port);
    if (inputs.hosts.met) plan.processes_of_hosts = inputs.hosts.met->processes;
    plan.min_hosts = inputs.hosts.min_count;
  }
  plan.supervision = inputs.supervision;
  plan.gpus = inputs.devices.gpus;
  plan.notes = inputs.hosts.notes;
  plan.notes.insert(plan.notes.end(), inputs.devices.warnings.begin(),
                    inputs.devices.warnings.end());
  if (!has_proc()) {
    plan.notes.push_back(
        "warning: /proc is not mounted: processes that ranks leave behind are not found at the "
        "end");
  }
  for (int rank = 0; rank < inputs.devices.processes(); ++rank) {
    RankPlan planned;
    if (const Gpu* gpu = inputs.devices.gpu_of(rank)) planned.gpu = *gpu;
    planned.cores = cores(inputs, rank);
    planned.environment = rank_environment(inputs, rank);
    planned.environment.workers = workers(inputs, planned.cores);
    planned.variables = variables(inputs, planned);
    planned.argv = inputs.argv;
    plan.ranks.push_back(std::move(planned));
  }
  note_lowered_workers(inputs, plan);
  plan.notes.insert(plan.notes.end(), inputs.binding.notes.begin(), inputs.binding.notes.end());
  return plan;
}

}  // namespace dplaunch
