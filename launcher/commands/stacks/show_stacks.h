#pragma once

#include <unistd.h>

#include <filesystem>
#include <ostream>

#include "launcher/runs/find_run.h"
#include "launcher/stacks/take_stacks.h"

namespace dplaunch {

struct StacksOptions {
  RunChoice choice;
  StackOptions stacks;
  bool json = false;             ///< one object on one line
  std::filesystem::path folded;  ///< where a line a stack goes; empty: nowhere
  bool save = false;             ///< the text goes into the run's folder too
};

/// `dplaunch stacks`: where the ranks of a running job of this host are, merged into one tree. The
/// lines are cut to the width of the terminal behind `terminal_fd`. Returns the exit code. Throws
/// Error(kFailure) if there is no such run, it does not run here, or nothing is known of any rank;
/// Error(kStorage) for a file that cannot be written.
int show_stacks(const StacksOptions& options, std::ostream& out, int terminal_fd = STDOUT_FILENO);

}  // namespace dplaunch
