#pragma once

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>

#include "common/config/config.h"
#include "common/data_set.h"
#include "launcher/plan/launch_plan.h"

namespace dplaunch {

/// The few lines at the start of a run: devices, processes, total batch, run folder, data set. A
/// synthetic data set is announced loudly. nullopt: the data set could not be read (`--dry-run`).
void print_header(std::ostream& out, const LaunchPlan& plan, const Config& config,
                  const std::optional<DataSet>& data);

/// The same for `dplaunch eval`, whose folder is not worth naming.
void print_evaluation_header(std::ostream& out, const LaunchPlan& plan,
                             const std::filesystem::path& checkpoint, const Config& config,
                             const DataSet& data);

/// The same for a command of the user's own.
void print_command_header(std::ostream& out, const LaunchPlan& plan);

/// With `--quiet`: of all that the warnings alone.
void print_warnings(std::ostream& out, const LaunchPlan& plan);

/// The rest of `--dry-run`: per rank the GPU, the environment and the command.
void print_ranks(std::ostream& out, const LaunchPlan& plan);

/// "0 NVIDIA GeForce RTX 3090 (physical 1, GPU-..., 24.0 GiB)".
std::string describe(const Gpu& gpu);

}  // namespace dplaunch
