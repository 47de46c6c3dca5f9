#pragma once

#include <string>
#include <vector>

#include "launcher/runs/run_state.h"
#include "launcher/view/run_view.h"

namespace dplaunch {

/// The state of a run for people, "state       running since ...": one line, and some more for a
/// failure.
std::vector<std::string> state_lines(const RunState& state);

/// The same in a few words: "finished after 4:11".
std::string state_words(const RunState& state);

/// A failure's: "rank 1 (cpu): bad label 123", "rank 1 (cpu) was killed by SIGKILL".
std::string cause_words(const RootCauseRecord& cause);

/// Of a job on several hosts: how many there are, and which are lost. Empty on one.
std::vector<std::string> host_lines(const RunView& run);

}  // namespace dplaunch
