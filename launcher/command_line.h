#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "launcher/data/fetch_data.h"
#include "launcher/plan/choose_run.h"

namespace dplaunch {

/// Options of the main command: train.
struct LaunchOptions {
  std::string device = "auto";
  RunRequest run;
  bool dry_run = false;
  bool show_config = false;
  std::chrono::milliseconds grace{10000};
};

enum class Command {
  kLaunch,
  kFetchData,  ///< `dplaunch data`
  kShowText,   ///< --help, --version
};

/// What the user asked for.
struct CommandLine {
  Command command = Command::kLaunch;
  std::vector<std::string> words;  ///< as given, with the program's name
  std::string text;                ///< of kShowText
  LaunchOptions launch;
  DataOptions data;
};

/// Throws Error(kUsage) for what cannot be understood, with the option that was probably meant.
CommandLine parse_command_line(int argc, const char* const* argv);

}  // namespace dplaunch
