#include "launcher/commands/train/train.h"

#include <fmt/core.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/process/surroundings.h"
#include "base/text/shell_word.h"
#include "common/config/config_keys.h"
#include "common/rank_environment.h"
#include "launcher/commands/job/hosts_of_job.h"
#include "launcher/devices/choose_devices.h"
#include "launcher/hosts/job_hosts.h"
#include "launcher/hosts/rank_network.h"
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
  Hosts hosts;
  HostChannel* channel = nullptr;  ///< to the other hosts; nullptr: there are none

  const Config& config() const { return run.resolved.config; }
  int world_size() const {
    return hosts.met ? hosts.met->world_size : devices.selection.processes() * hosts.count;
  }
};

/// Which batch that is would be another one on fewer processes.
void check_batch_is_kept(const Hosts& hosts, const Config& config) {
  if (hosts.min_count == 0 || config.bsize != kAutoBsize) return;
  throw Error(ExitCode::kUsage, "--min-nodes with bsize: auto",
              "a job that loses hosts keeps its total batch: say how many images, --set bsize=128");
}

Job resolve(const LaunchOptions& options, ChosenRun run) {
  check_batch_is_kept(options.hosts, run.resolved.config);
  Job job{options, std::move(run),     choose_devices(options.devices),
          {},      std::time(nullptr), options.hosts};
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
  inputs.hosts = job.hosts;
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
  LaunchPlan plan =
      plan_of(job, expected_for_host(place_of(job.run), job.started, job.hosts.index));
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
std::string closing_words(const Job& job, const RunFolder& run, bool is_success) {
  const std::string folder = run.root().string();
  if (job.hosts.index > 0) {
    return fmt::format("dplaunch: {}; host 0 has the results, this host's logs are in {}\n",
                       is_success ? "finished" : "ended", folder);
  }
  if (is_success) return fmt::format("dplaunch: finished; everything is in {}\n", folder);
  const std::string newest = run.newest_checkpoint();
  const std::string from = newest.empty() ? "no checkpoint yet; to start it again"
                                          : fmt::format("to go on from {}", newest);
  const bool is_task = job.hosts.is_task;
  const std::string as = is_task ? fmt::format(", as {} tasks again", job.hosts.count) : "";
  const bool is_elsewhere = job.hosts.count > 1 && !is_task;
  return fmt::format("dplaunch: {}{}: dplaunch --device {} --resume={}{}{}\n", from, as,
                     shell_word(job.devices.text), shell_word(folder),
                     is_elsewhere ? host_words(job.hosts) : "",
                     is_elsewhere ? " (on each other host with its --node-rank)" : "");
}

constexpr char kRunStage[] = "run";

Json chosen_json(const ChosenRun& run) {
  return {{"config", to_yaml(run.resolved.config)},
          {"has_checkpoint", run.has_checkpoint},
          {"is_finished", run.is_finished}};
}

/// What host 0 goes on with, on another host, where the run's folder need not be.
ChosenRun chosen_from(const Json& json, const std::vector<Override>& overrides) {
  ChosenRun run;
  run.resolved = parse_config(string_in(json, "config"), "host 0's configuration", overrides);
  run.has_checkpoint = json.value("has_checkpoint", false);
  run.is_finished = json.value("is_finished", false);
  return run;
}

void check_all_resume(const std::vector<Json>& hosts) {
  for (std::size_t i = 1; i < hosts.size(); ++i) {
    if (hosts[i].value("resume", false) == hosts.front().value("resume", false)) continue;
    throw Error(ExitCode::kUsage,
                fmt::format("--resume is given on host {} and not on host {}",
                            hosts[i].value("resume", false) ? i : 0,
                            hosts[i].value("resume", false) ? 0 : i),
                "give it on all hosts, or on none");
  }
}

/// Of several hosts that resume a run, host 0 knows it.
ChosenRun choose_with_others(const LaunchOptions& options, HostChannel* channel) {
  if (channel == nullptr) return choose_run(options.run);
  const bool takes_choice = options.run.resume && channel->index() > 0;
  ChosenRun run;
  Json mine = Json::object();
  if (!takes_choice) {
    run = choose_run(options.run);
    mine = chosen_json(run);
  }
  mine["resume"] = options.run.resume;
  const std::vector<Json> all = channel->meet(kRunStage, mine);
  check_all_resume(all);
  return takes_choice ? chosen_from(all.front(), options.run.overrides) : run;
}

HostFacts facts_of(const Job& job, const DataSet& data) {
  HostFacts facts;
  facts.processes = job.devices.selection.processes();
  facts.agreed = common_facts(job.options);
  for (const ConfigKey& key : config_keys()) {
    // Threads are each host's own affair.
    if (key.role == KeyRole::kPlace || key.name == "workers") continue;
    facts.agreed.emplace_back(key.name, config_value(job.config(), key));
  }
  facts.data_digest = digest_of_files({data.train_file.string(), data.test_file.string()});
  return facts;
}

void meet_other_hosts(Job& job) {
  if (job.channel == nullptr) return;
  const DataSet data = find_data_set(job.config().root);
  const auto all = meet_hosts(*job.channel, job.hosts, facts_of(job, data),
                              named_interface(!job.devices.selection.is_cpu(), process_variable));
  if (!job.options.supervision.is_quiet) std::cout << hosts_text(all) + "\n" << std::flush;
}

}  // namespace

int train(const LaunchOptions& options, const std::vector<std::string>& words) {
  LaunchOptions alone = options;
  alone.supervision.ends_program = true;
  return train_run(alone, words).exit_code;
}

namespace {

/// Which cores ranks get is asked with no other thread running.
LaunchPlan plan_alone(const Job& job, const ClaimedRun& claimed) {
  std::optional<HostChannel::Pause> pause;
  if (job.channel != nullptr) pause.emplace(*job.channel);
  return plan_of(job, claimed.folder, claimed.start_id);
}

TrainedRun start(Job job, const std::vector<std::string>& words) {
  const LaunchOptions& options = job.options;
  const bool is_quiet = options.supervision.is_quiet;
  if (job.run.is_finished) {
    const RunFolder finished = expected_run_folder(place_of(job.run), job.started);
    if (!is_quiet && job.hosts.index == 0) {
      std::cout << nothing_left_words(finished, job.config());
    }
    return {check_shown(std::cout), job.run.resumed};
  }
  // All that can be wrong is found before the run's folder is made.
  require_worker(job.worker);
  meet_other_hosts(job);
  const DataSet data = check_data(job.run.resolved, job.world_size());
  wait_until_idle(options.devices, job.devices);
  const ClaimedRun claimed = claim_for_host(place_of(job.run), job.started, job.channel);
  const LaunchPlan plan = plan_alone(job, claimed);
  is_quiet ? print_warnings(std::cerr, plan) : print_header(std::cout, plan, job.config(), data);
  put_config(job, claimed.folder);
  write_launch_record(plan, {words, job.devices.machine.probe.driver_version,
                             job.devices.machine.usable_cores, job.started});
  const int code = supervise(plan, std::cout, job.channel);
  withdraw_config(claimed.folder);
  const bool is_success = code == to_int(ExitCode::kSuccess);
  if (is_quiet) return {code, claimed.folder};
  (is_success ? std::cout : std::cerr)
      << closing_words(job, claimed.folder, is_success) << std::flush;
  return {code, claimed.folder};
}

}  // namespace

TrainedRun train_run(const LaunchOptions& options, const std::vector<std::string>& words) {
  if (options.show_config || options.dry_run) {
    ChosenRun run = choose_run(options.run);
    require_working_folder(run.resolved.config.runs);
    if (options.dry_run) return {dry_run(resolve(options, std::move(run))), {}};
    show_config(std::cout, run.resolved);
    return {check_shown(std::cout), {}};
  }
  Hosts hosts = options.hosts;
  const std::unique_ptr<HostChannel> channel = enter_job(hosts, std::cerr);
  return told_to_others(channel.get(), [&] {
    ChosenRun run = choose_with_others(options, channel.get());
    require_working_folder(run.resolved.config.runs);
    Job job = resolve(options, std::move(run));
    job.hosts = hosts;
    job.channel = channel.get();
    return start(std::move(job), words);
  });
}

}  // namespace dplaunch
