#pragma once

#include <string>

namespace dplaunch {

/// "SIGTERM"; "signal 42" for one without a name.
std::string signal_name(int signal);

/// Whether that is 128 + one of the signals by which users end programs: SIGINT, SIGTERM, SIGHUP,
/// SIGQUIT.
bool is_end_by_user(int exit_code);

/// The number of a signal that can announce an end: "USR1", "SIGUSR1", "usr1" or "10". Throws
/// Error(kUsage), with the name of the option, for one that does not exist or cannot be caught.
int parse_signal(const std::string& option, const std::string& text);

/// The names that parse_signal takes, with spaces between: "HUP INT QUIT ...".
std::string announcing_signals();

}  // namespace dplaunch
