#include <exception>
#include <filesystem>
#include <iostream>

#include "common/error.h"
#include "launcher/closing_words.h"
#include "launcher/command_line.h"
#include "launcher/data/fetch_data.h"
#include "launcher/job.h"
#include "launcher/plan/check_data.h"
#include "launcher/plan/prepare_run_folder.h"
#include "launcher/plan/print_plan.h"
#include "launcher/plan/write_run_files.h"
#include "launcher/process/supervise.h"

namespace dplaunch {
namespace {

/// What was asked for has to arrive; a job's output, in contrast, is in its logs as well.
int check_shown(int code) {
  if (std::cout.flush()) return code;
  throw Error(ExitCode::kStorage, "cannot write to standard output", "is the disk full?");
}

/// The data folder is stored as an absolute path: a run can be resumed from anywhere.
Config stored(Config config) {
  config.root = std::filesystem::absolute(config.root).lexically_normal().string();
  return config;
}

int launch(const CommandLine& line) {
  ChosenRun run = choose_run(line.launch.run);
  if (line.launch.show_config) {
    show_config(std::cout, run.resolved);
    return check_shown(to_int(ExitCode::kSuccess));
  }
  Job job = resolve_job(line.launch, std::move(run));
  if (line.launch.dry_run) return check_shown(dry_run(job, std::cout));
  if (job.run.is_finished) {
    std::cout << nothing_left_words(*job.run.resumed, job.run.resolved.config);
    return check_shown(to_int(ExitCode::kSuccess));
  }

  const DataSet data = check_data(job.run.resolved, job.devices.processes());
  require_worker(job.worker);
  const ClaimedRun claimed = claim_run_folder(job.run, job.started);
  const LaunchPlan plan = plan_job(job, claimed.folder);
  const Config& config = job.run.resolved.config;
  write_run_files(
      plan, stored(config),
      {line.words, job.machine.probe.driver_version, job.machine.usable_cores, job.started});
  print_header(std::cout, plan, config, data);
  const int code = supervise(plan, std::cout);
  const bool is_success = code == to_int(ExitCode::kSuccess);
  (is_success ? std::cout : std::cerr)
      << closing_words(claimed.folder, line.launch.device, is_success) << std::flush;
  return code;
}

int run(const CommandLine& line) {
  switch (line.command) {
    case Command::kShowText:
      std::cout << line.text;
      return check_shown(to_int(ExitCode::kSuccess));
    case Command::kFetchData:
      return fetch_data(line.data, std::cout);
    case Command::kLaunch:
      return launch(line);
  }
  return to_int(ExitCode::kFailure);
}

}  // namespace
}  // namespace dplaunch

int main(int argc, char** argv) {
  try {
    return dplaunch::run(dplaunch::parse_command_line(argc, argv));
  } catch (const dplaunch::Error& error) {
    return dplaunch::report(error, "dplaunch");
  } catch (const std::exception& error) {
    return dplaunch::report(dplaunch::Error(dplaunch::ExitCode::kFailure, error.what()),
                            "dplaunch");
  }
}
