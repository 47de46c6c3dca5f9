#include "launcher/command_line/checkpoint_commands.h"

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace dplaunch {
namespace {

CLI::App* add_command(CLI::App& app, const char* name, const char* description, const char* footer,
                      std::string& checkpoint) {
  CLI::App* command = app.add_subcommand(name, description);
  command->footer(footer);
  command->set_help_flag("-h,--help", "print this help");
  command
      ->add_option("--checkpoint", checkpoint,
                   "a checkpoint's file, or a run: its best checkpoint, or else its latest")
      ->option_text("FILE")  // without "REQUIRED", which the error says
      ->required();
  return command;
}

}  // namespace

CLI::App* add_eval_command(CLI::App& app, EvaluateOptions& options) {
  CLI::App* command =
      add_command(app, "eval", "measure a checkpoint's accuracy on any number of processes",
                  "Example:\n  dplaunch eval --checkpoint dual --device cpu:2", options.checkpoint);
  command
      ->add_option("--device", options.device, "auto (default), all, 0, 0,1, cpu:4: as in training")
      ->type_name("DEVICES");
  command
      ->add_option_function<std::vector<std::string>>(
          "--set",
          [&options](const std::vector<std::string>& assignments) {
            for (const std::string& each : assignments) {
              options.overrides.push_back(parse_override(each));
            }
          },
          "replace one value of the checkpoint's configuration; repeatable")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      ->add_option_function<std::string>(
          "--root",
          [&options](const std::string& root) {
            options.overrides.push_back({"root", root, "--root"});
          },
          "folder of the data set, if it is no longer where it was")
      ->type_name("DIR");
  command
      ->add_option("--confusion", options.confusion,
                   "also write how often each class was taken for which, as CSV")
      ->type_name("FILE");
  command->add_flag("--json", options.json, "for programs: one object; the rest goes to stderr");
  return command;
}

CLI::App* add_export_command(CLI::App& app, ExportOptions& options) {
  CLI::App* command = add_command(
      app, "export", "write a checkpoint's model alone, for PyTorch and others",
      "Example:\n  dplaunch export --checkpoint dual --out dual.safetensors", options.checkpoint);
  command->add_option("--out", options.out, "the safetensors file to make")
      ->option_text("FILE")
      ->required();
  command->add_option("--dtype", options.dtype, "fp32 (default) or bf16, which halves the file")
      ->type_name("TYPE");
  command->add_flag("--force", options.force, "replace a file that is there");
  return command;
}

}  // namespace dplaunch
