#include "launcher/commands/run/run_command.h"

#include <ctime>
#include <filesystem>
#include <iostream>

#include "base/error.h"
#include "base/process/find_program.h"
#include "common/rank_environment.h"
#include "launcher/devices/choose_devices.h"
#include "launcher/plan/make_plan.h"
#include "launcher/plan/print_plan.h"
#include "launcher/process/supervise.h"
#include "launcher/runs/claim_run.h"
#include "launcher/runs/launch_record.h"

namespace dplaunch {
namespace {

RunPlace place_of(const LaunchOptions& options) {
  // "python3 train.py" is better known as "train".
  std::filesystem::path stem = options.command.front();
  for (const std::string& word : options.command) {
    if (word.ends_with(".py")) {
      stem = word;
      break;
    }
  }
  return {options.runs, options.name, stem.stem().string()};
}

LaunchPlan plan_of(const LaunchOptions& options, const JobDevices& devices,
                   const std::string& program, const RunFolder& folder) {
  PlanInputs inputs{devices.selection, folder};
  inputs.argv = options.command;
  inputs.argv.front() = program;
  inputs.is_own_worker = false;
  inputs.isolate_devices = options.isolate_devices;
  inputs.usable_cores = devices.machine.usable_cores;
  inputs.binding = bind_devices(devices.selection, options.bind);
  inputs.user_omp_num_threads = process_variable("OMP_NUM_THREADS");
  inputs.hosts = options.hosts;
  inputs.supervision = options.supervision;
  return make_plan(inputs);
}

}  // namespace

int run_command(const LaunchOptions& options, const std::vector<std::string>& words) {
  const std::time_t started = std::time(nullptr);
  JobDevices devices = choose_devices(options.devices);
  const std::string program = find_program(options.command.front(), process_variable("PATH"));
  if (options.dry_run) {
    const RunFolder folder = expected_run_folder(place_of(options), started);
    const LaunchPlan plan = plan_of(options, devices, program, folder);
    print_command_header(std::cout, plan);
    print_ranks(std::cout, plan);
    return check_shown(std::cout);
  }
  wait_until_idle(options.devices, devices);
  const ClaimedRun claimed = claim_run_folder(place_of(options), started);
  const LaunchPlan plan = plan_of(options, devices, program, claimed.folder);
  // The command's own output may be wanted alone.
  print_command_header(std::cerr, plan);
  write_launch_record(
      plan, {words, devices.machine.probe.driver_version, devices.machine.usable_cores, started});
  return supervise(plan, std::cout, std::cerr);
}

}  // namespace dplaunch
