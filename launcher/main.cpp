#include <exception>
#include <iostream>

#include "common/error.h"
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

int launch(const CommandLine& line) {
  ChosenRun run = choose_run(line.launch.run);
  if (line.launch.show_config) {
    show_config(std::cout, run.resolved);
    return to_int(ExitCode::kSuccess);
  }
  Job job = resolve_job(line.launch, std::move(run));
  if (line.launch.dry_run) return dry_run(job, std::cout);

  const DataSet data = check_data(job.run.resolved, job.devices.processes());
  require_worker(job.worker);
  const ClaimedRun claimed = claim_run_folder(job.run, job.started);
  const LaunchPlan plan = plan_job(job, claimed.folder);
  const Config& config = job.run.resolved.config;
  write_run_files(
      plan, config,
      {line.words, job.machine.probe.driver_version, job.machine.usable_cores, job.started});
  print_header(std::cout, plan, config, data);
  return supervise(plan, std::cout);
}

int run(const CommandLine& line) {
  switch (line.command) {
    case Command::kShowText:
      std::cout << line.text;
      return to_int(ExitCode::kSuccess);
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
