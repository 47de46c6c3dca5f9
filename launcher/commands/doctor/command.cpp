#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "launcher/command_line/option_values.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/doctor/doctor.h"

namespace dplaunch {

Action declare_doctor(CLI::App& app) {
  const auto options = std::make_shared<DoctorOptions>();
  takes(app.add_option("--device", options->device, "what the jobs will run on (auto)"), "DEVICES",
        offer::kDevices);
  takes(app.add_option("--root", options->root, "folder of the data set (./data)"), "DIR",
        offer::kFolders);
  app.add_flag("--json", options->json, "for programs");
  return [options] {
    const int code = run_doctor(*options, std::cout);
    check_shown(std::cout);
    return code;
  };
}

}  // namespace dplaunch
