#pragma once

#include <optional>

#include "launcher/plan/launch_plan.h"
#include "launcher/view/footer.h"

namespace dplaunch {

/// The live view of the job that `plan` starts, to be kept below its output on the terminal `fd`.
/// nullopt where there can be none: no terminal, TERM=dumb, no run folder.
std::optional<Footer::Options> live_footer(const LaunchPlan& plan, int fd);

}  // namespace dplaunch
