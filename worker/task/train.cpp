#include "worker/task/train.h"

#include "base/error.h"
#include "worker/process/process_settings.h"

namespace dplaunch {
namespace {

/// The launcher sees to it; a worker started by hand must not overwrite a run either.
void check_unused(const RunFolder& folder) {
  if (!folder.has_checkpoint()) return;
  throw Error(ExitCode::kUsage, folder.root().string() + ": holds the checkpoints of a run",
              "go on from the latest with --resume, or use another run folder");
}

}  // namespace

ExitCode train(const Config& config, const RankEnvironment& environment, const RunFolder& folder,
               Trainer::Options options) {
  options.resume = options.resume || environment.restart_count > 0;
  if (!options.resume) check_unused(folder);
  if (options.trace_steps > 0) silence_profiler();
  Trainer trainer(config, environment, folder, options);
  return trainer.run() ? ExitCode::kSuccess : ExitCode::kTerminated;
}

}  // namespace dplaunch
