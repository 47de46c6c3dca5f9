#pragma once

#include <string>

#include "launcher/commands/logs/show_logs.h"
#include "launcher/commands/status/show_status.h"
#include "launcher/commands/stop/stop_run.h"

namespace CLI {
class App;
}

namespace dplaunch {

/// The subcommands `status`, `stop` and `logs` of `app`, with their options. Each fills in the
/// options that it is given, which must outlive the parsing; the result tells whether it was called
/// (`parsed()`). A value that cannot be understood is a CLI::ValidationError.
CLI::App* add_status_command(CLI::App& app, StatusOptions& options);
CLI::App* add_stop_command(CLI::App& app, StopOptions& options);
CLI::App* add_logs_command(CLI::App& app, LogsOptions& options);

}  // namespace dplaunch
