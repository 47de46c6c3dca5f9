#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "launcher/command_line/option_values.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/data/fetch_data.h"

namespace dplaunch {

Action declare_data(CLI::App& app) {
  const auto options = std::make_shared<DataOptions>();
  takes(app.add_option("--root", options->root, "folder to put it into (./data)"), "DIR",
        offer::kFolders);
  app.add_flag("--synthetic", options->synthetic, "make a learnable synthetic set instead");
  takes(app.add_option("--train-records", options->train_records,
                       "training images of a synthetic set (50000)"),
        "N")
      ->check(positive_number());
  takes(app.add_option("--test-records", options->test_records,
                       "test images of a synthetic set (10000)"),
        "N")
      ->check(positive_number());
  takes(app.add_option("--url", options->url, "fetch the archive from here"), "URL");
  takes(app.add_option("--md5", options->md5, "MD5 that the archive must have"), "HEX");
  app.add_flag("--force", options->force, "replace a set that is there");
  return [options] { return fetch_data(*options, std::cout); };
}

}  // namespace dplaunch
