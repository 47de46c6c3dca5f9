#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace dplaunch {

struct ProgramOptions {
  /// "NAME=value" each; nullopt: that of this process.
  std::optional<std::vector<std::string>> environment = std::nullopt;
  /// The program is killed once it takes longer; nullopt: it may take as long as it likes.
  std::optional<std::chrono::milliseconds> timeout = std::nullopt;
  /// Standard error goes into the output too; otherwise it stays that of this process, so that the
  /// program's progress is seen.
  bool captures_errors = false;
  /// Of a file that the program writes: what goes beyond is an error of its write (EFBIG).
  std::optional<std::size_t> max_file_bytes = std::nullopt;
  /// Takes standard output in place of ProgramResult::output; -1: none.
  int output_fd = -1;
  /// Called again and again while it runs, with its process id: to watch it, or to signal it.
  std::function<void(pid_t)> watch = {};
  std::chrono::milliseconds watch_interval{500};
  /// The only CPUs that it may run on, in place of those of this process; empty: the same.
  std::vector<int> cpus = {};
};

/// What came of a program.
struct ProgramResult {
  std::string output = {};  ///< its standard output, at most some 64 KiB
  /// Why it is no success: not started, an exit code other than 0, a signal, too slow, too much
  /// output (the last two end it by SIGKILL); else empty.
  std::string problem = {};
  int start_error = 0;     ///< the errno of execve(2), e.g. ENOENT; 0 if it was started
  int signal = 0;          ///< that ended it; 0 if none did
  int exit_code = 0;       ///< of a program that was started and ended by no signal
  double cpu_seconds = 0;  ///< of it and of the children that it has waited for
};

/// Runs a program, without a shell and with no input, and waits until it has ended and its output
/// is closed. `argv[0]` is a path, or a name that is looked up in PATH. The program gets SIGTERM
/// if the thread that called dies. Throws Error(kFailure) if this machine has no descriptors or
/// processes left.
ProgramResult run_program(const std::vector<std::string>& argv, const ProgramOptions& options = {});

}  // namespace dplaunch
