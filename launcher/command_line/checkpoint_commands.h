#pragma once

#include "launcher/commands/eval/evaluate_options.h"
#include "launcher/commands/export/export_checkpoint.h"

namespace CLI {
class App;
}

namespace dplaunch {

/// The subcommands `eval` and `export` of `app`, with their options. Each fills in the options that
/// it is given, which must outlive the parsing; the result tells whether it was called
/// (`parsed()`).
CLI::App* add_eval_command(CLI::App& app, EvaluateOptions& options);
CLI::App* add_export_command(CLI::App& app, ExportOptions& options);

}  // namespace dplaunch
