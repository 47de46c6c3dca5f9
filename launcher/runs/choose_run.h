#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/config/load_config.h"
#include "common/run_folder.h"
#include "launcher/runs/claim_run.h"

namespace dplaunch {

/// What the command line says about configuration and run.
struct RunRequest {
  std::optional<std::filesystem::path> config_file;
  std::vector<Override> overrides;  ///< --set, --root, --name: applied in this order
  bool resume = false;
  std::string resume_run = {};  ///< of --resume=RUN: a name below `runs`, or a path
};

/// The configuration and the run that it is for. Nothing has been written yet.
struct ChosenRun {
  ResolvedConfig resolved;
  std::optional<RunFolder> resumed;  ///< the existing folder to go on in; nullopt: a new run
  bool has_checkpoint = false;       ///< of `resumed`
  bool is_finished = false;          ///< `resumed` has done all that the configuration asks for
  std::vector<std::string> notes;    ///< "no checkpoint yet, starts from the beginning"
};

/// Loads the configuration: -c, or of a resumed run its own config.resolved.yml, and the overrides
/// on top. `--resume` without a name takes the configured `name`, or else the newest run that
/// has a checkpoint. Together with -c a run that does not exist yet is started new, so that one
/// command can be repeated until it is done. Throws Error(kUsage) naming what does not exist, and
/// Error(kStorage) if the run's checkpoint is of another model than the one that is asked for.
ChosenRun choose_run(const RunRequest& request);

/// Where the run lives or is going to.
RunPlace place_of(const ChosenRun& chosen);

}  // namespace dplaunch
