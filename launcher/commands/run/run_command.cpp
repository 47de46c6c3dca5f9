#include "launcher/commands/run/run_command.h"

#include <ctime>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "base/error.h"
#include "common/rank_environment.h"
#include "launcher/commands/job/hosts_of_job.h"
#include "launcher/commands/run/find_command.h"
#include "launcher/commands/run/run_stem.h"
#include "launcher/devices/choose_devices.h"
#include "launcher/hosts/job_hosts.h"
#include "launcher/hosts/rank_network.h"
#include "launcher/plan/make_plan.h"
#include "launcher/plan/print_plan.h"
#include "launcher/process/supervise.h"
#include "launcher/runs/choose_command_run.h"
#include "launcher/runs/claim_run.h"
#include "launcher/runs/launch_record.h"

namespace dplaunch {
namespace {

RunPlace command_place(const LaunchOptions& options) {
  return {options.runs, options.name, run_stem(options.command), RunKind::kCommand};
}

/// Host 0 knows the run that is resumed; the others have folders below one of its name.
CommandRun run_of(const LaunchOptions& options, int host, const std::string& program) {
  CommandRunRequest request{command_place(options), options.run.resume && host == 0,
                            options.run.resume_run};
  request.argv = options.command;
  request.argv.front() = program;
  return choose_command_run(request);
}

void set_role(LaunchPlan& plan, const std::string& role) {
  for (RankPlan& rank : plan.ranks) rank.environment.role = role;
}

/// What a rank on a pipe prints would wait in Python's buffer, and be lost with a rank that is
/// killed. torchrun gives its Python -u. One that the user set, empty as well, is theirs.
void add_python_output(LaunchPlan& plan) {
  if (process_variable("PYTHONUNBUFFERED")) return;
  for (RankPlan& rank : plan.ranks) rank.variables.emplace_back("PYTHONUNBUFFERED", "1");
}

LaunchPlan command_plan(const LaunchOptions& options, const Hosts& hosts, const JobDevices& devices,
                        const std::string& program, const CommandRun& run,
                        const std::optional<RunFolder>& folder, const std::string& start_id = {}) {
  PlanInputs inputs{devices.selection, folder, start_id};
  inputs.argv = options.command;
  inputs.argv.front() = program;
  inputs.is_own_worker = false;
  inputs.append_logs = run.place.resumed.has_value();
  if (folder) inputs.attempt = next_attempt(*folder);
  inputs.isolate_devices = options.isolate_devices;
  inputs.usable_cores = devices.machine.usable_cores;
  inputs.binding = bind_devices(devices.selection, options.bind, inputs.usable_cores);
  inputs.inherited = process_variable;
  inputs.hosts = hosts;
  inputs.supervision = options.supervision;
  inputs.supervision.ends_program = true;
  LaunchPlan plan = make_plan(inputs);
  add_python_output(plan);
  set_role(plan, options.role);
  plan.notes.insert(plan.notes.end(), run.notes.begin(), run.notes.end());
  return plan;
}

}  // namespace

namespace {

void meet_others(const LaunchOptions& options, const JobDevices& devices, HostChannel& channel,
                 Hosts& hosts) {
  HostFacts facts;
  facts.processes = devices.selection.processes();
  facts.agreed = common_facts(options);
  const auto all = meet_hosts(channel, hosts, std::move(facts),
                              named_interface(!devices.selection.is_cpu(), process_variable));
  if (!options.supervision.is_quiet) std::cerr << hosts_text(all) + "\n" << std::flush;
}

int run_on(const LaunchOptions& options, const std::vector<std::string>& words, Hosts& hosts,
           HostChannel* channel) {
  const std::time_t started = std::time(nullptr);
  JobDevices devices = choose_devices(options.devices);
  const std::string program = find_command(options.command);
  const CommandRun run = run_of(options, hosts.index, program);
  if (options.dry_run) {
    std::optional<RunFolder> folder;
    if (options.keeps_folder) folder = expected_for_host(run.place, started, hosts.index);
    const LaunchPlan plan = command_plan(options, options.hosts, devices, program, run, folder);
    print_command_header(std::cout, plan);
    print_ranks(std::cout, plan);
    return check_shown(std::cout);
  }
  if (channel != nullptr) meet_others(options, devices, *channel, hosts);
  wait_until_idle(options.devices, devices);
  std::optional<ClaimedRun> claimed;
  if (options.keeps_folder) claimed.emplace(claim_for_host(run.place, started, channel));
  std::optional<HostChannel::Pause> pause;  // which cores ranks get is asked with no other thread
  if (channel != nullptr) pause.emplace(*channel);
  const LaunchPlan plan = command_plan(options, hosts, devices, program, run,
                                       claimed ? std::optional(claimed->folder) : std::nullopt,
                                       claimed ? claimed->start_id : std::string());
  pause.reset();
  // The command's own output may be wanted alone.
  options.supervision.is_quiet ? print_warnings(std::cerr, plan)
                               : print_command_header(std::cerr, plan);
  if (claimed) {
    write_launch_record(
        plan, {words, devices.machine.probe.driver_version, devices.machine.usable_cores, started});
  }
  return supervise(plan, std::cout, std::cerr, channel);
}

}  // namespace

int run_command(const LaunchOptions& options, const std::vector<std::string>& words) {
  Hosts hosts = options.hosts;
  std::unique_ptr<HostChannel> channel;
  if (!options.dry_run) channel = enter_job(hosts, std::cerr);
  return told_to_others(channel.get(),
                        [&] { return run_on(options, words, hosts, channel.get()); });
}

}  // namespace dplaunch
