#pragma once

#include <optional>

#include "common/engine_task.h"
#include "common/engine_variables.h"

namespace dplaunch {

// What torchrun's variables say, as Kubeflow's operators set them, that is not a variable a value.

/// PET_NNODES, a number or a range ("1:4": 4 hosts, of which 1 is enough). Throws Error(kUsage) for
/// what is neither.
void add_pet_hosts(const EngineVariables& variables, EngineTask& task);

/// Fills in what PET_RDZV_BACKEND, _ENDPOINT and _ID say of where several hosts meet. Throws
/// Error(kUsage) for those that are to meet at a service of their own, and for an endpoint that is
/// none.
void add_pet_rendezvous(const EngineVariables& variables, EngineTask& task);

/// Of RANK and WORLD_SIZE: PyTorchJob v1 gives each pod its own number and the number of all
/// processes. Where that is so, the count is made that of the pods.
void count_pods(const EngineVariables& variables, EngineTask& task);

}  // namespace dplaunch
