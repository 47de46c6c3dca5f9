#pragma once

#include <CLI/CLI.hpp>

#include "launcher/commands/job/launch_options.h"

namespace dplaunch {

/// torchrun takes its options' values from variables of those names (PET_...), which Kubeflow's
/// operators set. What they say of hosts is hosts_of()'s; this is the rest of it, for what no
/// option says, with a note. Throws Error(kUsage) that names the variable and the option.
void take_pet_variables(LaunchOptions& launch, const CLI::App& app);

}  // namespace dplaunch
