#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "launcher/command_line/option_values.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/export/export_checkpoint.h"

namespace dplaunch {

Action declare_export(CLI::App& app) {
  const auto options = std::make_shared<ExportOptions>();
  add_checkpoint_option(app, options->checkpoint);
  takes(app.add_option("--out", options->out, "the safetensors file to make"), "FILE",
        offer::kFiles)
      ->required();
  takes(app.add_option("--dtype", options->dtype, "fp32 (default) or bf16, which halves the file"),
        "TYPE", "fp32 bf16");
  app.add_flag("--force", options->force, "replace a file that is there");
  return [options] {
    const int code = export_checkpoint(*options, std::cout);
    check_shown(std::cout);
    return code;
  };
}

}  // namespace dplaunch
