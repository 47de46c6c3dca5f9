#pragma once

#include <filesystem>
#include <string>

#include "common/config/config.h"
#include "worker/data/class_table.h"
#include "worker/report/metrics.h"

namespace dplaunch {

/// The result of evaluating a checkpoint.
struct Evaluation {
  std::filesystem::path checkpoint;
  TestMetrics metrics;  ///< with confusion
  ClassTable classes;
  int world_size = 1;
  std::string device;
  std::string backend;
  bool is_synthetic = false;
  double seconds = 0;  ///< of evaluating alone, without the start
};

/// For programs: one JSON object. Throws Error(kStorage).
void write_evaluation(const std::filesystem::path& path, const Config& config,
                      const Evaluation& evaluation);

/// For people: a table of a few lines.
std::string describe(const Config& config, const Evaluation& evaluation);

}  // namespace dplaunch
