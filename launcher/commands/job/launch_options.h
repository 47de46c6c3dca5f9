#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launcher/affinity/cpu_binding.h"
#include "launcher/devices/choose_devices.h"
#include "launcher/plan/launch_plan.h"
#include "launcher/runs/choose_run.h"

namespace dplaunch {

/// Options of the main command: train, or run the user's own command on every device.
struct LaunchOptions {
  DeviceChoice devices;
  std::vector<std::string> command;  ///< behind "--"; empty: dplaunch's own trainer
  RunRequest run;                    ///< of the trainer; of a command what --resume says
  std::string runs = "./runs";       ///< of a command: the folder of all runs
  std::string name;                  ///< of a command
  bool keeps_folder = true;          ///< of a command: false with --log-dir none
  bool isolate_devices = false;      ///< of a command
  std::string role = "default";      ///< of a command: what its ranks find in ROLE_NAME
  Bind bind = kDefaultBind;
  Hosts hosts;
  SupervisionOptions supervision;
  int seeds = 1;        ///< of the trainer: so many runs, each with the next seed
  int trace_steps = 0;  ///< of the trainer: to record; 0 = none
  bool dry_run = false;
  bool show_config = false;
};

}  // namespace dplaunch
