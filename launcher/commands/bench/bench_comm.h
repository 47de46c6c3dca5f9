#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/communication_record.h"
#include "common/config/load_config.h"
#include "launcher/communication/link_expectation.h"
#include "launcher/plan/launch_plan.h"

namespace dplaunch {

/// How the result is written.
enum class BenchFormat { kTable, kJson, kCsv };

/// `dplaunch bench comm`.
struct BenchCommOptions {
  std::optional<std::string> device;
  std::optional<std::filesystem::path> config_file;
  std::vector<Override> overrides;
  CommunicationRequest request;
  std::optional<LinkExpectation> link;  ///< of --link
  Hosts hosts;
  BenchFormat format = BenchFormat::kTable;
};

/// Measures the group that a training would have, and prints it. Returns the exit code: a wrong
/// result of a collective is a rank's failure, a slow link is none. Throws Error.
int bench_comm(const BenchCommOptions& options);

}  // namespace dplaunch
