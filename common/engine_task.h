#pragma once

#include <optional>
#include <string>

#include "common/engine_variables.h"
#include "common/rank_environment.h"

namespace dplaunch {

/// What an engine (Slurm, mpirun, Kubernetes) tells a process that it started as one of several
/// tasks. Nothing of it has been checked against the machine.
struct EngineTask {
  std::string engine;                ///< "Slurm", "Open MPI"
  std::optional<Told<int>> count;    ///< tasks of the job, more than 1; nullopt: it is not said
  std::optional<Told<int>> least;    ///< of them are enough to go on; nullopt: all
  std::optional<Told<int>> index;    ///< 0 .. count-1
  std::optional<Told<int>> on_node;  ///< how many of them are on this node
  std::optional<Told<int>> local;    ///< which of those this is, from 0
  std::optional<Told<std::string>> address;  ///< of task 0's node, as the others reach it
  std::optional<Told<int>> port;             ///< free there, as far as is known
  std::optional<Told<std::string>> job_id;   ///< the same for all tasks, and for no other job
};

/// The task that this process is, of whichever engine started it; nullopt if it is alone, or a rank
/// of another launcher (TORCHELASTIC_RUN_ID): what is inherited from outside was said to that one.
/// mpirun's word counts for more than that of the Slurm job it runs in. Throws Error(kUsage) where
/// two engines disagree, or a variable is no number or does not fit another, naming the variables.
std::optional<EngineTask> engine_task(const VariableLookup& lookup);

/// "Slurm: task 1 of 2 (SLURM_PROCID, SLURM_STEP_NUM_TASKS)".
std::string describe(const EngineTask& task);

/// All tasks are on this node, as far as is known.
bool are_all_on_one_node(const EngineTask& task);

/// The nodes of a Slurm job, more than one, in whose batch script or salloc shell this process
/// runs, in no step: it is on one of them, and nothing runs on the others.
std::optional<Told<int>> idle_slurm_nodes(const VariableLookup& lookup);

/// A port made of a job's id: the same on all its hosts, hardly another job's. 20000 to 29999,
/// below what kernels give out by themselves (32768, ip(7)).
int port_of_job(const std::string& job_id);

}  // namespace dplaunch
