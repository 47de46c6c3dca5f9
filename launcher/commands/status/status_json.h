#pragma once

#include <string>

#include "launcher/runs/run_state.h"
#include "launcher/view/run_view.h"

namespace dplaunch {

/// The status for programs, on one line. Epochs are counted from 1, what is not known is null.
std::string status_json(const RunFolder& folder, const RunState& state, const RunView& view);

}  // namespace dplaunch
