#include "common/engine_statements.h"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "base/text/parse_number.h"
#include "common/slurm_lists.h"
#include "common/torchrun_variables.h"

namespace dplaunch {
namespace {

/// An engine that says all in variables of its own. Empty: it has none for that.
struct Row {
  const char* engine;
  const char* count;
  const char* index;
  const char* on_node;
  const char* local;
  const char* address;
  const char* port;
  const char* job_id;
};

/// The innermost first. Sources: what Open MPI 4.1.4 and 5.0 with PRRTE and MPICH 5.0 with Hydra
/// set; torch/distributed/argparse_util.py for torchrun's; Kubeflow's PyTorchJob v1
/// (pkg/controller.v1/pytorch/envvar.go, elastic.go); docs.skypilot.co, "Distributed Multi-Node
/// Jobs"; kubernetes.io, "Indexed Job".
constexpr std::array kRows = {
    Row{"Open MPI", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE",
        "OMPI_COMM_WORLD_LOCAL_RANK", "", "", "PMIX_NAMESPACE"},
    Row{"MPI's PMI", "PMI_SIZE", "PMI_RANK", "MPI_LOCALNRANKS", "MPI_LOCALRANKID", "", "",
        "PMI_JOBID"},
    Row{"PMIx", "", "PMIX_RANK", "", "", "", "", "PMIX_NAMESPACE"},
    Row{"torchrun's variables", "PET_NNODES", "PET_NODE_RANK", "", "", "PET_MASTER_ADDR",
        "PET_MASTER_PORT", "PET_RDZV_ID"},
    Row{"the environment", "WORLD_SIZE", "RANK", "LOCAL_WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR",
        "MASTER_PORT", ""},
    Row{"SkyPilot", "SKYPILOT_NUM_NODES", "SKYPILOT_NODE_RANK", "", "", "SKYPILOT_NODE_IPS", "",
        "SKYPILOT_TASK_ID"},
    Row{"a Kubernetes Indexed Job", "", "JOB_COMPLETION_INDEX", "", "", "", "", ""},
};

std::optional<EngineTask> task_of(const Row& row, const EngineVariables& variables) {
  const bool counts = *row.count != '\0';
  if (!variables.has(counts ? row.count : row.index)) return std::nullopt;
  // Scripts for Slurm often export WORLD_SIZE alone.
  if (row.count == std::string("WORLD_SIZE") && !variables.has(row.index)) return std::nullopt;
  EngineTask task;
  task.engine = row.engine;
  const bool is_pet = row.count == std::string("PET_NNODES");
  if (is_pet) {
    add_pet_hosts(variables, task);
  } else {
    task.count = variables.number(row.count);
  }
  task.index = variables.number(row.index);
  task.on_node = variables.number(row.on_node);
  task.local = variables.number(row.local);
  task.address = variables.text(row.address);
  if (task.address) {  // SkyPilot: an address a line
    task.address->value = task.address->value.substr(0, task.address->value.find('\n'));
  }
  task.port = variables.number(row.port);
  task.job_id = variables.text(row.job_id);
  if (is_pet) add_pet_rendezvous(variables, task);
  if (row.count == std::string("WORLD_SIZE")) count_pods(variables, task);
  return task;
}

/// In a step of srun. The batch script and an interactive step of salloc have none, or one whose
/// number is no number of a step (slurm.h: SLURM_BATCH_SCRIPT, SLURM_INTERACTIVE_STEP).
bool is_in_step(const EngineVariables& variables) {
  const auto step = variables.text("SLURM_STEP_ID");
  constexpr unsigned kFirstSpecial = 0xfffffff0;
  return step && parse_number<unsigned>(step->value).value_or(kFirstSpecial) < kFirstSpecial;
}

std::optional<EngineTask> slurm_task(const EngineVariables& variables) {
  if (!is_slurm_task(variables)) return std::nullopt;
  EngineTask task;
  task.engine = "Slurm";
  task.count = variables.number("SLURM_STEP_NUM_TASKS");
  if (!task.count) task.count = variables.number("SLURM_NTASKS");
  task.index = variables.number("SLURM_PROCID");
  task.local = variables.number("SLURM_LOCALID");
  const auto node = variables.number("SLURM_NODEID");
  if (const auto numbers = variables.text("SLURM_STEP_TASKS_PER_NODE"); numbers && node) {
    if (const auto number = number_of_node(numbers->value, node->value)) {
      task.on_node = Told<int>{*number, numbers->by};
    }
  }
  if (const auto ports = variables.text("SLURM_STEP_RESV_PORTS")) {  // srun --resv-ports
    const auto first = parse_number<int>(ports->value.substr(0, ports->value.find_first_of("-,")));
    if (first) task.port = Told<int>{*first, "the first of " + ports->by};
  }
  return task;
}

}  // namespace

bool is_of_mpi_daemon(const EngineVariables& variables) {
  return variables.has("OMPI_MCA_ess_base_jobid") || variables.has("PRTE_LAUNCHED") ||
         (variables.has("MPI_LOCALNRANKS") && !variables.has("PMI_JOBID"));
}

bool is_slurm_task(const EngineVariables& variables) {
  return is_in_step(variables) && !is_of_mpi_daemon(variables);
}

std::vector<EngineTask> engine_statements(const EngineVariables& variables) {
  std::vector<EngineTask> tasks;
  for (const Row& row : kRows) {
    if (auto task = task_of(row, variables)) tasks.push_back(std::move(*task));
  }
  if (auto task = slurm_task(variables)) tasks.push_back(std::move(*task));
  return tasks;
}

void add_slurm_facts(const EngineVariables& variables, EngineTask& task) {
  const bool is_step = is_slurm_task(variables);
  for (const char* name : {"SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST", "SLURM_NODELIST"}) {
    if (task.address || (!is_step && name == std::string("SLURM_STEP_NODELIST"))) continue;
    const auto list = variables.text(name);
    const auto host = list ? first_host(list->value) : std::nullopt;
    if (host) task.address = Told<std::string>{*host, std::string("the first of ") + name};
  }
  const auto job = variables.text("SLURM_JOB_ID");
  if (task.job_id || !job) return;
  const auto step = variables.text("SLURM_STEP_ID");
  task.job_id =
      step ? Told<std::string>{job->value + "." + step->value, job->by + " and " + step->by} : *job;
}

}  // namespace dplaunch
