#pragma once

#include <string>

#include "launcher/plan/launch_plan.h"

namespace dplaunch {

/// "--metrics-port [ADDRESS:]PORT": "9400", "0.0.0.0:9400", "[::1]:9400". Throws Error(kUsage).
MetricsPlace parse_metrics_place(const std::string& text);

}  // namespace dplaunch
