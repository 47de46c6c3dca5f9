#include <optional>

#include "base/error.h"
#include "common/config/load_config.h"
#include "common/rank_environment.h"
#include "common/run_folder.h"
#include "common/status_board.h"
#include "worker/options.h"
#include "worker/process/lifeline.h"
#include "worker/process/process_settings.h"
#include "worker/process/stack_on_request.h"
#include "worker/report/failure.h"
#include "worker/task/dump_logits.h"
#include "worker/task/evaluate_checkpoint.h"
#include "worker/task/measure_all_reduce.h"
#include "worker/train/trainer.h"

namespace {

using namespace dplaunch;

/// The launcher sees to it; a worker started by hand must not overwrite a run either.
void check_unused(const RunFolder& folder) {
  if (!folder.has_checkpoint()) return;
  throw Error(ExitCode::kUsage, folder.root().string() + ": holds the checkpoints of a run",
              "go on from the latest with --resume, or use another run folder");
}

int run(const WorkerOptions& options, const RankEnvironment& environment) {
  if (options.measure_all_reduce_bytes > 0) {
    measure_all_reduce(environment, options.measure_all_reduce_bytes);
    return to_int(ExitCode::kSuccess);
  }
  const RunFolder folder(options.run_dir);
  const Config config = load_config(folder.config(), {}).config;
  if (options.dump_logits) {
    dump_logits(config, folder, *options.dump_logits);
    return to_int(ExitCode::kSuccess);
  }
  std::optional<StatusBoard> board;
  if (!environment.status_board.empty()) board = StatusBoard::open(environment.status_board);
  StatusBoard* const shown_on = board ? &*board : nullptr;
  if (options.evaluate) {
    evaluate_checkpoint(*options.evaluate, config, environment, folder, shown_on);
    return to_int(ExitCode::kSuccess);
  }
  // Started anew after a failure, it goes on where the failed attempt got to.
  const bool resume = options.resume || environment.restart_count > 0;
  if (!resume) check_unused(folder);
  if (options.trace_steps > 0) quieten_profiler();
  Trainer trainer(config, environment, folder, shown_on, {resume, options.trace_steps});
  return to_int(trainer.run() ? ExitCode::kSuccess : ExitCode::kTerminated);
}

}  // namespace

int main(int argc, char** argv) {
  keep_freed_memory();
  turn_file_size_signal_into_error();
  RankEnvironment environment;
  try {
    environment = read_rank_environment(process_variable);
    follow_lifeline(environment.lifeline_fd);
    print_stack_on_request();
    return run(parse_worker_options(argc, argv), environment);
  } catch (const std::exception& error) {
    return report_failure(environment, error);
  }
}
