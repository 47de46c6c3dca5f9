#include "launcher/commands/stacks/show_stacks.h"

#include <fmt/core.h>

#include <ctime>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/text/printable.h"
#include "base/text/terminal_text.h"
#include "base/text/words.h"
#include "launcher/commands/stacks/stacks_json.h"
#include "launcher/runs/run_state.h"
#include "launcher/stacks/stack_tree.h"
#include "launcher/stacks/stacks_text.h"
#include "launcher/view/state_words.h"
#include "launcher/view/terminal.h"

namespace dplaunch {
namespace {

/// Throws unless the run goes on here.
RunState running_state(const RunFolder& folder) {
  RunState state = run_state(folder);
  if (state.kind == RunState::Kind::kRunning) return state;
  const bool is_elsewhere = state.kind == RunState::Kind::kElsewhere;
  throw Error(ExitCode::kFailure,
              fmt::format("{}: {}{}", printable(folder.root().string()),
                          is_elsewhere ? "was " : "it does not run: ", state_words(state)),
              is_elsewhere ? "run dplaunch stacks on " + state.start.host
                           : "only the ranks of a running job have stacks");
}

/// The lines of the tree are cut, the words are not.
std::string for_terminal(std::vector<std::string> lines, int fd) {
  if (can_redraw(fd)) {
    const int columns = terminal_size(fd).columns;
    for (std::size_t i = 1; i < lines.size(); ++i) {
      if (!lines[i].starts_with("note: ")) lines[i] = cut_to(lines[i], columns);
    }
  }
  return joined(lines, "\n") + "\n";
}

}  // namespace

int show_stacks(const StacksOptions& options, std::ostream& out, int terminal_fd) {
  const RunFolder folder = find_run_here(options.choice);
  const RunState state = running_state(folder);
  const std::time_t taken = std::time(nullptr);
  const JobStacks stacks = take_stacks(folder, state, options.stacks);
  if (stacks.ranks.empty()) {
    throw Error(ExitCode::kFailure,
                fmt::format("{}: no rank runs: {}", printable(folder.root().string()),
                            joined(stacks.notes, "; ")));
  }
  if (!options.folded.empty()) write_file_whole(options.folded, folded(merged(stacks.ranks)));
  const std::vector<std::string> lines = stacks_text(stacks, taken, true);
  if (options.save) write_file_whole(folder.stacks(), joined(lines, "\n") + "\n");
  if (options.json) {
    out << stacks_json(folder, stacks, taken) << "\n";
  } else {
    out << for_terminal(stacks_text(stacks, taken, text_style(terminal_fd).utf8), terminal_fd);
  }
  return check_shown(out);
}

}  // namespace dplaunch
