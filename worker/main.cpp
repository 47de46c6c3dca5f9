#include <filesystem>
#include <system_error>

#include "base/files/mapped_file.h"
#include "common/config/load_config.h"
#include "common/rank_environment.h"
#include "common/run_folder.h"
#include "worker/options.h"
#include "worker/process/lifeline.h"
#include "worker/process/process_settings.h"
#include "worker/process/stack_on_request.h"
#include "worker/report/failure.h"
#include "worker/task/dump_logits.h"
#include "worker/task/evaluate_checkpoint.h"
#include "worker/task/measure_communication.h"
#include "worker/task/train.h"

namespace {

using namespace dplaunch;

/// What this start of a resumed run asks for, until it is accepted (train()).
std::filesystem::path asked_config(const RunFolder& folder) {
  std::error_code error;
  const std::filesystem::path proposed = folder.proposed_config();
  return std::filesystem::exists(proposed, error) ? proposed : folder.config();
}

ExitCode run(const WorkerOptions& options, const RankEnvironment& environment) {
  // One that was started by hand holds what it finds.
  const auto given = FolderIdentity::parse(environment.run_folder_id);
  const RunFolder folder(options.run_dir, given ? given : FolderIdentity::at(options.run_dir));
  folder.check_ours();
  const Config config = load_stored_config(asked_config(folder), {}).config;
  if (options.measured) {
    return measure_communication(*options.measured, config, environment, folder);
  }
  if (options.dump_logits) return dump_logits(config, folder, *options.dump_logits);
  if (options.evaluate) return evaluate_checkpoint(*options.evaluate, config, environment, folder);
  return train(config, environment, folder,
               {.resume = options.resume, .trace_steps = options.trace_steps});
}

}  // namespace

int main(int argc, char** argv) {
  // Before other threads start: they would allocate with the old settings.
  keep_freed_memory();
  turn_file_size_signal_into_error();
  explain_lost_pages("dplaunch-worker");
  RankEnvironment environment;
  report_uncaught_exceptions(environment);
  const WorkerOptions options = parse_worker_options(argc, argv);  // --help needs no rank
  environment = read_rank_environment(process_variable);
  follow_lifeline(environment.lifeline_fd);
  print_stack_on_request(environment);
  return to_int(run(options, environment));
}
