#pragma once

#include <string>
#include <vector>

#include "launcher/runs/claim_run.h"

namespace dplaunch {

/// Which run a command is to have.
struct CommandRunRequest {
  RunPlace place;  ///< of a new one
  bool resume = false;
  std::string resume_run = {};         ///< of --resume=RUN: a name below `place.runs`, or a path
  std::vector<std::string> argv = {};  ///< the command, with its program's path
};

/// Where it goes on or begins. Nothing has been written yet.
struct CommandRun {
  RunPlace place;
  std::vector<std::string> notes = {};  ///< "runs/a: no such run yet; starting a new one"
};

/// `--resume` without a run takes the one of the place's name, or else the newest of the same
/// command. One that does not exist is begun, so that a line can be repeated as it stands, as a
/// batch system does that queues a job again. Throws Error(kUsage) for a folder that is no run, or
/// a training's.
CommandRun choose_command_run(const CommandRunRequest& request);

}  // namespace dplaunch
