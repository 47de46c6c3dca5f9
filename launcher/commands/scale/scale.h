#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/config/load_config.h"
#include "launcher/scale/experiment.h"

namespace dplaunch {

struct ScaleOptions {
  std::optional<std::string> config_file;
  std::vector<Override> overrides;
  std::vector<std::string> command;  ///< behind "--"; empty: the trainer
  std::optional<std::string> device;
  std::string world_sizes = "1,2";
  std::string mode = "weak";
  int blocks = 6;
  double until_ci_percent = 0;        ///< blocks follow until intervals are that narrow; 0: not
  double until_accuracy_percent = 0;  ///< trained up to that top-1 too; 0: not
  double max_time_s = 0;              ///< no run begins that would end later; 0: no limit
  std::int64_t steps = 40;
  std::string metric;
  std::string metric_is = "rate";
  std::string folder;  ///< empty: runs/scale-STEM
  std::uint64_t seed = 0;
  bool has_controls = true;
  bool dry_run = false;
  bool json = false;
};

/// Measures how much faster the job is on several processes than on one: in each of several blocks
/// every point once, in random order. Prints the table, writes scale.json and scale.csv, and goes
/// on with an experiment that was stopped. Returns the exit code: 1 if a point has no figures.
/// Throws Error.
int scale(const ScaleOptions& options);

}  // namespace dplaunch
