#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/files/json_fields.h"

namespace dplaunch {

/// The mean of "seconds" over the last `max_epochs` lines of metrics.jsonl; 0 without any.
double mean_epoch_seconds(const std::filesystem::path& path, std::size_t max_epochs);

/// The figures of all epochs.
struct EpochRecords {
  std::vector<Json> epochs;  ///< objects, in the file's order; keys: metrics_key
  std::size_t damaged = 0;   ///< lines that hold none, but for a last one that is being written
};

/// None without a file. Throws Error(kStorage) for one that cannot be read.
EpochRecords read_epochs(const std::filesystem::path& path);

/// NaN where the epoch does not have it, or has no number there.
double figure_in(const Json& epoch, const char* key);

/// The evaluation at an epoch's end. What it does not say is NaN.
struct EvaluationFigures {
  std::string set;  ///< "test" or "validation"
  double loss = 0;
  double top1 = 0;  ///< percent
};

/// nullopt for an epoch without one.
std::optional<EvaluationFigures> evaluation_in(const Json& epoch);

/// The last whole line, as it stands there; empty without one.
std::string last_metrics_line(const std::filesystem::path& path);

}  // namespace dplaunch
