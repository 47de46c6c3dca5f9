#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launcher/scale/experiment.h"

namespace dplaunch {

/// Throws Error(kUsage) for what is no regular expression (ECMAScript), or has no group: "( )".
void check_metric(const std::string& pattern);

/// The numbers that the pattern's first group finds, at most one in a line of the text. Lines of
/// more than 4 KiB are left out.
std::vector<double> metric_values(const std::string& text, const std::string& pattern);

/// The mean time that one unit of work took once the command was warm: of rates the mean of their
/// reciprocals, because each stands for as much work. nullopt without a value above 0.
std::optional<double> steady_seconds(const std::vector<double>& values, MetricKind kind);

}  // namespace dplaunch
