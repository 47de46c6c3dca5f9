#pragma once

#include <string>
#include <vector>

#include "launcher/view/run_view.h"
#include "launcher/view/terminal.h"

namespace dplaunch {

/// One line for each rank, the most important columns first to stay, at most `max_ranks` of them:
/// silent ranks before others, then "+ N more ranks". No line is wider than `columns`.
std::vector<std::string> rank_lines(const RunView& run, TextStyle style, int columns,
                                    std::size_t max_ranks);

/// A bar for the epoch and one for the whole run, each with the time that is left.
std::vector<std::string> progress_lines(const RunView& run, TextStyle style, int columns);

/// What stays at the bottom of a terminal of that size while a run trains: a rule, the ranks, the
/// bars; at most half of its rows. Nothing if there is nothing to report: no rank has written to
/// the status board yet, and none has a GPU.
std::vector<std::string> live_view(const RunView& run, TextStyle style, TerminalSize size);

}  // namespace dplaunch
