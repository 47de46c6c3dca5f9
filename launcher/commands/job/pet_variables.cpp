#include "launcher/commands/job/pet_variables.h"

#include <fmt/core.h>

#include <optional>
#include <string>

#include "base/error.h"
#include "base/text/parse_number.h"
#include "base/text/printable.h"
#include "common/rank_environment.h"

namespace dplaunch {
namespace {

Error refused_variable(const std::string& said, const std::string& problem,
                       const std::string& hint) {
  return Error(ExitCode::kUsage, fmt::format("environment: {} is not {}", said, problem), hint);
}

std::optional<std::string> pet_variable(const std::string& name) {
  if (process_variable("TORCHELASTIC_RUN_ID")) return {};  // it was for the launcher around this
  const auto value = process_variable(name);
  return value && !value->empty() ? value : std::nullopt;
}

void take_processes(LaunchOptions& launch, const CLI::App& app) {
  constexpr char kVariable[] = "PET_NPROC_PER_NODE";
  const auto processes = pet_variable(kVariable);
  if (!processes || app.count("--nproc-per-node") > 0) return;
  const std::string said = fmt::format("{}={}", kVariable, printable(*processes));
  if (launch.devices.device) {
    launch.hosts.notes.push_back(said + " is passed over: --device says how many");
    return;
  }
  const bool is_word = *processes == "gpu" || *processes == "cpu" || *processes == "auto";
  if (!is_word && parse_number<int>(*processes).value_or(0) < 1) {
    throw refused_variable(said, "a number of processes",
                           "a whole number from 1, gpu, cpu or auto; --nproc-per-node replaces it");
  }
  launch.devices.processes = *processes;
  launch.hosts.notes.push_back(said + " stands for --nproc-per-node");
}

void take_restarts(LaunchOptions& launch, const CLI::App& app) {
  constexpr char kVariable[] = "PET_MAX_RESTARTS";
  const auto text = pet_variable(kVariable);
  if (!text || app.count("--max-restarts") > 0) return;
  const std::string said = fmt::format("{}={}", kVariable, printable(*text));
  const auto restarts = parse_number<int>(*text);
  if (!restarts || *restarts < 0) {
    throw refused_variable(said, "a number", "unset it, or give --max-restarts N");
  }
  launch.supervision.max_restarts = *restarts;
  launch.hosts.notes.push_back(said + " stands for --max-restarts");
}

}  // namespace

void take_pet_variables(LaunchOptions& launch, const CLI::App& app) {
  take_processes(launch, app);
  take_restarts(launch, app);
}

}  // namespace dplaunch
