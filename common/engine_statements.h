#pragma once

#include <vector>

#include "common/engine_task.h"
#include "common/engine_variables.h"

namespace dplaunch {

// What each engine says in its own variables, before it is held against the others.

/// The innermost engine first: mpirun runs within a Slurm job or a pod, and not the other way.
/// Also those that speak of one task alone. Throws Error(kUsage) for a variable that is no number.
std::vector<EngineTask> engine_statements(const EngineVariables& variables);

/// Whether srun started this process as a task of its own. It did not start the batch script, the
/// shell of salloc, or what mpirun's daemon started, which srun may have started.
bool is_slurm_task(const EngineVariables& variables);
/// Whether a daemon of mpirun started this process.
bool is_of_mpi_daemon(const EngineVariables& variables);

/// Fills in what the task lacks and a Slurm job around it knows: where the first task is, as mpirun
/// puts its first tasks on the first node like srun, and the job's id.
void add_slurm_facts(const EngineVariables& variables, EngineTask& task);

}  // namespace dplaunch
