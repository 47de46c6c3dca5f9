#include "launcher/commands/train/train.h"

#include <fmt/core.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <iostream>
#include <utility>

#include "base/error.h"
#include "base/process/surroundings.h"
#include "base/text/shell_word.h"
#include "common/rank_environment.h"
#include "launcher/devices/choose_devices.h"
#include "launcher/plan/check_data.h"
#include "launcher/plan/find_worker.h"
#include "launcher/plan/make_plan.h"
#include "launcher/plan/print_plan.h"
#include "launcher/process/supervise.h"
#include "launcher/runs/claim_run.h"
#include "launcher/runs/launch_record.h"

namespace dplaunch {
namespace {

/// The wish, resolved against this machine. Nothing has been written or started.
struct Job {
  const LaunchOptions& options;
  ChosenRun run;
  JobDevices devices;
  WorkerExecutable worker;
  std::time_t started = 0;

  const Config& config() const { return run.resolved.config; }
  int world_size() const { return devices.selection.processes() * options.hosts.count; }
};

Job resolve(const LaunchOptions& options, ChosenRun run) {
  Job job{options, std::move(run), choose_devices(options.devices), {}, std::time(nullptr)};
  job.worker = find_worker(job.devices.selection.kind(), worker_places());
  return job;
}

LaunchPlan plan_of(const Job& job, const RunFolder& folder, const std::string& start_id = {}) {
  PlanInputs inputs{job.devices.selection, folder, start_id};
  inputs.argv = {job.worker.path.string(), "--run-dir", folder.root().string()};
  if (job.run.has_checkpoint) inputs.argv.emplace_back("--resume");
  if (job.options.trace_steps > 0) {
    inputs.argv.insert(inputs.argv.end(), {"--trace", std::to_string(job.options.trace_steps)});
  }
  inputs.append_logs = job.run.resumed.has_value();
  inputs.attempt = next_attempt(folder);
  inputs.workers = job.config().workers;
  inputs.usable_cores = job.devices.machine.usable_cores;
  inputs.binding = bind_devices(job.devices.selection, job.options.bind, inputs.usable_cores);
  inputs.inherited = process_variable;
  inputs.hosts = job.options.hosts;
  inputs.supervision = job.options.supervision;
  // An engine shows what all of its tasks print in one terminal: mpirun gives each a
  // pseudo-terminal.
  const bool has_view = !inputs.supervision.is_quiet && !inputs.hosts.is_task;
  if (has_view) inputs.supervision.live_view_fd = STDOUT_FILENO;
  LaunchPlan plan = make_plan(inputs);
  plan.notes.insert(plan.notes.end(), job.run.notes.begin(), job.run.notes.end());
  return plan;
}

/// A data set or a worker that is not there yet is a warning, because a plan is often wanted before
/// them.
int dry_run(const Job& job) {
  LaunchPlan plan = plan_of(job, expected_run_folder(place_of(job.run), job.started));
  std::optional<DataSet> data;
  try {
    data = check_data(job.run.resolved, job.world_size());
  } catch (const Error& error) {
    plan.notes.push_back(fmt::format("warning: {}{}", error.what(),
                                     error.hint().empty() ? "" : "; " + error.hint()));
  }
  std::error_code error;
  const auto& folder = plan.run_folder->root();
  if (!job.run.resumed && std::filesystem::exists(folder, error)) {
    plan.notes.push_back(
        fmt::format("warning: {} exists; it would need --resume", folder.string()));
  }
  if (!job.worker.problem.empty()) plan.notes.push_back("warning: " + job.worker.problem);
  if (job.run.is_finished) plan.notes.push_back("the run is finished: nothing would be started");
  print_header(std::cout, plan, job.config(), data);
  print_ranks(std::cout, plan);
  return check_shown(std::cout);
}

/// Paths are stored absolute: a run can be resumed from anywhere. Not below a folder whose name is
/// not UTF-8; then it can be resumed from this folder.
Config stored(const Config& config, const RunFolder& folder) {
  Config kept = config;
  const std::string root = std::filesystem::absolute(config.root).lexically_normal().string();
  if (can_be_stored(root)) kept.root = root;
  kept.name = folder.root().filename().string();
  return kept;
}

/// The configuration of a run that is resumed stays until the workers accept the new one.
void put_config(const Job& job, const RunFolder& folder) {
  const Config config = stored(job.config(), folder);
  std::error_code error;
  if (std::filesystem::exists(folder.config(), error)) {
    propose_config(folder, config);
  } else {
    write_config(folder, config);
  }
}

/// For a run that is to be resumed and has nothing left to do.
std::string nothing_left_words(const RunFolder& run, const Config& config) {
  std::string limits = fmt::format("epochs {}", config.epochs);
  if (config.max_steps > 0) limits += fmt::format(", max_steps {}", config.max_steps);
  return fmt::format(
      "nothing to do: {} is finished ({}), its result is in {}\n"
      "to train on, add --set epochs=N with a larger N\n",
      run.root().string(), limits, run.summary().string());
}

/// The last line of a job, for the user: where the results are, or the command that goes on from
/// the newest checkpoint.
std::string closing_words(const RunFolder& run, const Hosts& hosts, const std::string& device,
                          bool is_success) {
  const std::string folder = run.root().string();
  if (is_success) return fmt::format("dplaunch: finished; everything is in {}\n", folder);
  const std::string newest = run.newest_checkpoint();
  const std::string from = newest.empty() ? "no checkpoint yet; to start it again"
                                          : fmt::format("to go on from {}", newest);
  const std::string as = hosts.is_task ? fmt::format(", as {} tasks again", hosts.count) : "";
  return fmt::format("dplaunch: {}{}: dplaunch --device {} --resume={}\n", from, as,
                     shell_word(device), shell_word(folder));
}

}  // namespace

int train(const LaunchOptions& options, const std::vector<std::string>& words) {
  LaunchOptions alone = options;
  alone.supervision.ends_program = true;
  return train_run(alone, words).exit_code;
}

TrainedRun train_run(const LaunchOptions& options, const std::vector<std::string>& words) {
  ChosenRun run = choose_run(options.run);
  require_working_folder(run.resolved.config.runs);
  if (options.show_config) {
    show_config(std::cout, run.resolved);
    return {check_shown(std::cout), {}};
  }
  Job job = resolve(options, std::move(run));
  if (options.dry_run) return {dry_run(job), {}};
  const bool is_quiet = options.supervision.is_quiet;
  if (job.run.is_finished) {
    const RunFolder finished = expected_run_folder(place_of(job.run), job.started);
    if (!is_quiet) std::cout << nothing_left_words(finished, job.config());
    return {check_shown(std::cout), job.run.resumed};
  }
  // All that can be wrong is found before the run's folder is made.
  const DataSet data = check_data(job.run.resolved, job.world_size());
  require_worker(job.worker);
  wait_until_idle(options.devices, job.devices);
  const ClaimedRun claimed = claim_run_folder(place_of(job.run), job.started);
  const LaunchPlan plan = plan_of(job, claimed.folder, claimed.start_id);
  is_quiet ? print_warnings(std::cerr, plan) : print_header(std::cout, plan, job.config(), data);
  put_config(job, claimed.folder);
  write_launch_record(plan, {words, job.devices.machine.probe.driver_version,
                             job.devices.machine.usable_cores, job.started});
  const int code = supervise(plan, std::cout);
  withdraw_config(claimed.folder);
  const bool is_success = code == to_int(ExitCode::kSuccess);
  // Of an engine's hosts the first one says how all go on: with their command, once more.
  const bool is_other_host = options.hosts.is_task && options.hosts.index > 0;
  if (is_quiet || (is_other_host && !is_success)) return {code, claimed.folder};
  (is_success ? std::cout : std::cerr)
      << closing_words(claimed.folder, options.hosts, job.devices.text, is_success) << std::flush;
  return {code, claimed.folder};
}

}  // namespace dplaunch
