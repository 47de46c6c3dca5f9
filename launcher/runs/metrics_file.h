#pragma once

#include <filesystem>
#include <string>

namespace dplaunch {

/// The mean of "seconds" over the last `max_epochs` lines of metrics.jsonl; 0 without any.
double mean_epoch_seconds(const std::filesystem::path& path, std::size_t max_epochs);

/// The last whole line, as it stands there; empty without one.
std::string last_metrics_line(const std::filesystem::path& path);

}  // namespace dplaunch
