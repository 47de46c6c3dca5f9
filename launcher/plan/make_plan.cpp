#include "launcher/plan/make_plan.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/error.h"

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
  const auto [least, most] = std::minmax_element(
      plan.ranks.begin(), plan.ranks.end(), [](const RankPlan& a, const RankPlan& b) {
        return a.environment.workers < b.environment.workers;
      });
  const int lowest = least->environment.workers;
  const int highest = most->environment.workers;
  if (lowest == wanted_workers_per_rank(inputs)) return;
  plan.notes.push_back("workers: " + std::to_string(inputs.workers) + " lowered to " +
                       std::to_string(lowest) +
                       (highest > lowest ? " to " + std::to_string(highest) : "") +
                       " per process (" + std::to_string(inputs.usable_cores) + " usable cores, " +
                       std::to_string(inputs.devices.processes()) +
                       (inputs.devices.processes() == 1 ? " process)" : " processes)"));
}

/// Names the job in its store: the same for all of its ranks. Hosts share no folder's name.
std::string run_id(const Hosts& hosts, const fs::path& folder) {
  return hosts.count > 1 ? "port-" + std::to_string(hosts.master_port) : folder.filename().string();
}

RankEnvironment rank_environment(const PlanInputs& inputs, int local_rank) {
  const fs::path folder = fs::absolute(inputs.run_folder.root()).lexically_normal();
  const RunFolder run(folder);
  RankEnvironment environment;
  environment.local_rank = local_rank;
  environment.local_world_size = inputs.devices.processes();
  environment.rank = inputs.hosts.index * environment.local_world_size + local_rank;
  environment.world_size = inputs.hosts.count * environment.local_world_size;
  environment.group_rank = inputs.hosts.index;
  environment.group_world_size = inputs.hosts.count;
  environment.master_addr = inputs.hosts.master_addr;
  environment.master_port = inputs.hosts.master_port;
  environment.max_restarts = inputs.supervision.max_restarts;
  environment.run_id = run_id(inputs.hosts, folder);
  environment.error_file = run.error_record(environment.rank).string();
  environment.run_dir = folder.string();
  environment.status_board = run.status_board().string();
  return environment;
}

std::string visible_gpus_of(const PlanInputs& inputs, const std::optional<Gpu>& gpu) {
  // UUIDs, not numbers: they mean the same GPUs whatever mask and order are in force.
  if (!gpu || inputs.isolate_devices) return gpu ? gpu->uuid : "";
  std::string uuids;
  for (const Gpu& each : inputs.devices.gpus) uuids += (uuids.empty() ? "" : ",") + each.uuid;
  return uuids;
}

EnvironmentVariables variables(const PlanInputs& inputs, const RankPlan& rank) {
  EnvironmentVariables variables = {
      {"CUDA_DEVICE_ORDER", "PCI_BUS_ID"},
      {"CUDA_VISIBLE_DEVICES", visible_gpus_of(inputs, rank.gpu)},
      {"OMP_NUM_THREADS",
       inputs.user_omp_num_threads.value_or(std::to_string(rank.cores.share_cpus))}};
  if (rank.gpu) {
    // Where PyTorch's watchdog leaves NCCL's flight recorder, a file for each rank, when a
    // collective times out (ProcessGroupNCCL.hpp, FlightRecorder.hpp).
    variables.emplace_back("TORCH_NCCL_DUMP_ON_TIMEOUT", "1");
    variables.emplace_back("TORCH_FR_DUMP_TEMP_FILE",
                           RunFolder(fs::absolute(inputs.run_folder.root()).lexically_normal())
                               .flight_record_prefix());
  }
  return variables;
}

RendezvousKind rendezvous_kind(const PlanInputs& inputs) {
  if (inputs.hosts.index > 0) return RendezvousKind::kElsewhere;
  return inputs.is_own_worker ? RendezvousKind::kHandedOver : RendezvousKind::kReserved;
}

void check_shown_ranks(const PlanInputs& inputs) {
  const int count = inputs.devices.processes();
  const int first = inputs.hosts.index * count;
  if (inputs.supervision.show_all_ranks || inputs.hosts.count > 1) return;
  for (const int rank : inputs.supervision.shown_ranks) {
    if (rank >= first && rank < first + count) continue;
    throw Error(ExitCode::kUsage, "--show " + std::to_string(rank) + ": there is no such rank",
                "the job has the ranks 0 to " + std::to_string(count - 1));
  }
}

}  // namespace

LaunchPlan make_plan(const PlanInputs& inputs) {
  check_shown_ranks(inputs);
  LaunchPlan plan;
  plan.run_folder = inputs.run_folder;
  plan.append_logs = inputs.append_logs;
  plan.is_own_worker = inputs.is_own_worker;
  plan.rendezvous = rendezvous_kind(inputs);
  plan.supervision = inputs.supervision;
  plan.notes = inputs.devices.warnings;
  for (int rank = 0; rank < inputs.devices.processes(); ++rank) {
    RankPlan planned;
    if (!inputs.devices.is_cpu()) planned.gpu = inputs.devices.gpus[static_cast<std::size_t>(rank)];
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
