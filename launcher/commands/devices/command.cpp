#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/exit_code.h"
#include "launcher/command_line/option_values.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/devices/show_devices.h"

namespace dplaunch {

Action declare_devices(CLI::App& app) {
  const auto options = std::make_shared<DevicesOptions>();
  takes(app.add_option("--device", options->device, "also show what these would choose"), "DEVICES",
        offer::kDevices);
  app.add_flag("--json", options->json, "for programs");
  return [options] {
    const int code = show_devices(*options, std::cout);
    return code == to_int(ExitCode::kSuccess) ? check_shown(std::cout) : code;
  };
}

}  // namespace dplaunch
