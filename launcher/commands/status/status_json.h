#pragma once

#include <string>
#include <vector>

#include "launcher/runs/run_state.h"
#include "launcher/view/command_watch.h"
#include "launcher/view/run_view.h"

namespace dplaunch {

/// The status for programs, on one line. Epochs are counted from 1, what is not known is null.
/// `command` has the ranks of a command, in the order of the view's; it is empty for a training.
std::string status_json(const RunFolder& folder, const RunState& state, const RunView& view,
                        const std::vector<CommandRankView>& command = {});

}  // namespace dplaunch
