#pragma once

#include <string>
#include <vector>

#include "launcher/commands/top/watched_run.h"
#include "launcher/view/terminal.h"

namespace dplaunch {

/// How the table is drawn.
struct TopLook {
  TextStyle style;
  TerminalSize size;
  int chosen = -1;  ///< index of the row that the keys mean; -1: none does
};

/// The folder as one would type it: from the working folder, if it is below that.
std::string folder_words(const RunFolder& folder);

/// A line with the sums, the headings, and a line for each run: as many as there is room for, the
/// chosen one among them. No line is wider than the size says, if that is 40 columns or more.
std::vector<std::string> top_lines(const std::vector<RunRow>& rows, const TopLook& look);

/// The rows for programs, on one line. What is not known is null.
std::string top_json(const std::vector<RunRow>& rows);

}  // namespace dplaunch
