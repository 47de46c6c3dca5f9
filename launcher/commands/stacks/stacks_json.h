#pragma once

#include <ctime>
#include <string>

#include "common/run_folder.h"
#include "launcher/stacks/take_stacks.h"

namespace dplaunch {

/// The stacks as one JSON object on one line: {"run", "taken_unix", "summary", "odd_ranks",
/// "ranks": [{"rank", "pid", "program", "state", "waits_in", "source", "problem"}],
/// "stacks": [{"ranks", "frames": [{"function", "place"}]}], "notes"}. Frames go from outside
/// inwards; ranks with the same stack share one.
std::string stacks_json(const RunFolder& folder, const JobStacks& stacks, std::time_t taken);

}  // namespace dplaunch
