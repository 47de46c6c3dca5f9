#include "launcher/plan/make_plan.h"

#include <algorithm>

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

CpuBinding cores(const PlanInputs& inputs, int rank) {
  if (!inputs.binding.ranks.empty()) return inputs.binding.ranks.at(static_cast<std::size_t>(rank));
  CpuBinding unbound;
  unbound.share_cpus = std::max(1, inputs.usable_cores / inputs.devices.processes());
  return unbound;
}

/// `workers` of the configuration counts the threads of the whole job.
std::int64_t wanted_workers_per_rank(const PlanInputs& inputs) {
  const int ranks = inputs.devices.processes();
  return (inputs.config.workers + ranks - 1) / ranks;
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
  plan.notes.push_back("workers: " + std::to_string(inputs.config.workers) + " lowered to " +
                       std::to_string(lowest) +
                       (highest > lowest ? " to " + std::to_string(highest) : "") +
                       " per process (" + std::to_string(inputs.usable_cores) + " usable cores, " +
                       std::to_string(inputs.devices.processes()) +
                       (inputs.devices.processes() == 1 ? " process)" : " processes)"));
}

RankEnvironment rank_environment(const PlanInputs& inputs, int rank) {
  const fs::path folder = fs::absolute(inputs.run_folder.root()).lexically_normal();
  const RunFolder run(folder);
  RankEnvironment environment;
  environment.rank = rank;
  environment.local_rank = rank;
  environment.world_size = inputs.devices.processes();
  environment.local_world_size = environment.world_size;
  environment.run_id = folder.filename().string();
  environment.error_file = run.error_record(rank).string();
  environment.run_dir = folder.string();
  environment.status_board = run.status_board().string();
  return environment;
}

EnvironmentVariables variables(const PlanInputs& inputs, const RankPlan& rank) {
  // The UUID, not a number: it means the same GPU whatever mask and order are in force.
  return {{"CUDA_DEVICE_ORDER", "PCI_BUS_ID"},
          {"CUDA_VISIBLE_DEVICES", rank.gpu ? rank.gpu->uuid : ""},
          {"OMP_NUM_THREADS",
           inputs.user_omp_num_threads.value_or(std::to_string(rank.cores.share_cpus))}};
}

std::vector<std::string> command(const PlanInputs& inputs) {
  std::vector<std::string> argv = {inputs.worker.string(), "--run-dir",
                                   inputs.run_folder.root().string()};
  if (inputs.from_checkpoint) argv.emplace_back("--resume");
  return argv;
}

}  // namespace

LaunchPlan make_plan(const PlanInputs& inputs) {
  LaunchPlan plan;
  plan.run_folder = inputs.run_folder;
  plan.append_logs = inputs.append_logs;
  plan.grace = inputs.grace;
  plan.notes = inputs.devices.warnings;
  for (int rank = 0; rank < inputs.devices.processes(); ++rank) {
    RankPlan planned;
    if (!inputs.devices.is_cpu()) planned.gpu = inputs.devices.gpus[static_cast<std::size_t>(rank)];
    planned.cores = cores(inputs, rank);
    planned.environment = rank_environment(inputs, rank);
    planned.environment.workers = workers(inputs, planned.cores);
    planned.variables = variables(inputs, planned);
    planned.argv = command(inputs);
    plan.ranks.push_back(std::move(planned));
  }
  note_lowered_workers(inputs, plan);
  plan.notes.insert(plan.notes.end(), inputs.binding.notes.begin(), inputs.binding.notes.end());
  return plan;
}

}  // namespace dplaunch
