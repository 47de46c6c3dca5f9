#include "launcher/command_line/data_command.h"

namespace dplaunch {

CLI::App* add_data_command(CLI::App& app, DataOptions& data) {
  CLI::App* command =
      app.add_subcommand("data", "get the CIFAR-100 data set, or make a synthetic one");
  command->footer("Example:\n  dplaunch data --root ./data");
  command->set_help_flag("-h,--help", "print this help");
  command->add_option("--root", data.root, "folder to put it into (./data)")->type_name("DIR");
  command->add_flag("--synthetic", data.synthetic, "make a learnable synthetic set instead");
  command
      ->add_option("--train-records", data.train_records,
                   "training images of a synthetic set (50000)")
      ->type_name("N")
      ->check(CLI::Validator(CLI::PositiveNumber).description(""));
  command->add_option("--test-records", data.test_records, "test images of a synthetic set (10000)")
      ->type_name("N")
      ->check(CLI::Validator(CLI::PositiveNumber).description(""));
  command->add_option("--url", data.url, "fetch the archive from here")->type_name("URL");
  command->add_option("--md5", data.md5, "MD5 that the archive must have")->type_name("HEX");
  command->add_flag("--force", data.force, "replace a set that is there");
  return command;
}

}  // namespace dplaunch
