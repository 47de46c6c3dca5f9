#include "worker/task/train.h"

#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include "base/error.h"
#include "common/run_lock.h"
#include "worker/process/process_settings.h"
#include "worker/train/batch_parts.h"

namespace dplaunch {
namespace {

/// The launcher sees to it; a worker started by hand must not overwrite a run either.
void check_unused(const RunFolder& folder) {
  if (!folder.has_checkpoint()) return;
  throw Error(ExitCode::kUsage, folder.root().string() + ": holds the checkpoints of a run",
              "go on from the latest with --resume, or use another run folder");
}

/// The launcher has claimed the folder for its ranks. Without one nothing else keeps two jobs of
/// which each takes itself for the only one from writing into the same files.
std::optional<RunLock> claim(const RunFolder& folder, const RankEnvironment& environment) {
  if (!environment.start_id.empty() || environment.rank != 0) return std::nullopt;
  return RunLock::take(folder);
}

/// A job that has lost hosts goes on with as many images in a step, and with no more at once.
Config with_batch_of_all(Config config, const RankEnvironment& environment) {
  const std::int64_t ranks = environment.world_size;
  if (environment.full_world_size == 0) return config;
  const std::int64_t total = config.bsize * environment.full_world_size;
  if (total % ranks != 0) {
    throw Error(ExitCode::kUsage,
                "the total batch of " + std::to_string(total) + " images (" +
                    std::to_string(config.bsize) + " x " +
                    std::to_string(environment.full_world_size) +
                    " processes) cannot be shared out equally to the " + std::to_string(ranks) +
                    " processes that are left",
                "go on with --resume and another number of processes, or with another bsize");
  }
  const std::int64_t part = largest_part(config.bsize, config.accumulate);
  config.bsize = total / ranks;
  config.accumulate = fewest_parts(config.bsize, part);
  return config;
}

/// All ranks have read the configuration and begin with it.
void accept_config(const RunFolder& folder) {
  folder.check_ours();
  std::error_code error;
  std::filesystem::rename(folder.proposed_config(), folder.config(), error);
  if (!error || error == std::errc::no_such_file_or_directory) return;
  throw system_error(ExitCode::kStorage, folder.config().string() + ": cannot replace",
                     error.value());
}

}  // namespace

ExitCode train(const Config& config, const RankEnvironment& environment, const RunFolder& folder,
               Trainer::Options options) {
  const std::optional<RunLock> claimed = claim(folder, environment);
  options.resume = options.resume || environment.restart_count > 0;
  if (!options.resume) check_unused(folder);
  options.preempt_signal = environment.preempt_signal;
  if (options.trace_steps > 0) silence_profiler();
  Trainer trainer(with_batch_of_all(config, environment), environment, folder, options);
  if (environment.local_rank == 0) accept_config(folder);
  return trainer.run();
}

}  // namespace dplaunch
