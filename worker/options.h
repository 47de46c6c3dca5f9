#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "common/communication_record.h"

namespace dplaunch {

/// The command line of a worker; ranks and addresses come through the environment.
struct WorkerOptions {
  std::filesystem::path run_dir;
  bool resume = false;
  std::optional<std::filesystem::path> evaluate;  ///< a checkpoint
  std::int64_t trace_steps = 0;                   ///< to record; 0 = none
  std::optional<std::filesystem::path> dump_logits;
  std::optional<CommunicationRequest> measured;  ///< the group's communication
};

/// Throws Error(kUsage). Prints --help and --version itself and exits.
WorkerOptions parse_worker_options(int argc, char** argv);

}  // namespace dplaunch
