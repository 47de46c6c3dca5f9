#include "launcher/command_line/subcommands.h"

#include "launcher/command_line/checkpoint_commands.h"
#include "launcher/command_line/view_commands.h"

namespace dplaunch {
namespace {

CLI::App* add(CLI::App& app, const char* name, const char* description, const char* example) {
  CLI::App* command = app.add_subcommand(name, description);
  command->set_help_flag("-h,--help", "print this help");
  command->footer(std::string("Example:\n  ") + example);
  return command;
}

CLI::Validator positive_number() {
  return CLI::Validator(CLI::PositiveNumber).description("");
}

}  // namespace

Subcommands::Subcommands(CLI::App& app) {
  add_data(app);
  add_devices(app);
  status_.app = add_status_command(app, status_.options);
  logs_.app = add_logs_command(app, logs_.options);
  stop_.app = add_stop_command(app, stop_.options);
  eval_.app = add_eval_command(app, eval_.options);
  export_.app = add_export_command(app, export_.options);
  add_doctor(app);
}

std::optional<SubcommandRequest> Subcommands::chosen() const {
  if (data_.app->parsed()) return data_.options;
  if (devices_.app->parsed()) return devices_.options;
  if (status_.app->parsed()) return status_.options;
  if (stop_.app->parsed()) return stop_.options;
  if (logs_.app->parsed()) return logs_.options;
  if (doctor_.app->parsed()) return doctor_.options;
  if (eval_.app->parsed()) return eval_.options;
  if (export_.app->parsed()) return export_.options;
  return std::nullopt;
}

void Subcommands::add_data(CLI::App& app) {
  data_.app = add(app, "data", "get the CIFAR-100 data set, or make a synthetic one",
                  "dplaunch data --root ./data");
  DataOptions& data = data_.options;
  data_.app->add_option("--root", data.root, "folder to put it into (./data)")->type_name("DIR");
  data_.app->add_flag("--synthetic", data.synthetic, "make a learnable synthetic set instead");
  data_.app
      ->add_option("--train-records", data.train_records,
                   "training images of a synthetic set (50000)")
      ->type_name("N")
      ->check(positive_number());
  data_.app
      ->add_option("--test-records", data.test_records, "test images of a synthetic set (10000)")
      ->type_name("N")
      ->check(positive_number());
  data_.app->add_option("--url", data.url, "fetch the archive from here")->type_name("URL");
  data_.app->add_option("--md5", data.md5, "MD5 that the archive must have")->type_name("HEX");
  data_.app->add_flag("--force", data.force, "replace a set that is there");
}

void Subcommands::add_devices(CLI::App& app) {
  devices_.app = add(app, "devices", "show the GPUs, who uses them, and how they are connected",
                     "dplaunch devices --device auto:2");
  devices_.app->add_option("--device", devices_.options.device, "also show what these would choose")
      ->type_name("DEVICES");
  devices_.app->add_flag("--json", devices_.options.json, "for programs");
}

void Subcommands::add_doctor(CLI::App& app) {
  doctor_.app = add(app, "doctor", "check this machine for what goes wrong, and say the remedy",
                    "dplaunch doctor --device all");
  DoctorOptions& doctor = doctor_.options;
  doctor_.app->add_option("--device", doctor.device, "what the jobs will run on (auto)")
      ->type_name("DEVICES");
  doctor_.app->add_option("--root", doctor.root, "folder of the data set (./data)")
      ->type_name("DIR");
  doctor_.app->add_flag("--json", doctor.json, "for programs");
}

}  // namespace dplaunch
