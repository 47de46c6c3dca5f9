#include "launcher/commands/job/job_options.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/process/signal_name.h"
#include "base/text/parse_number.h"
#include "base/text/words.h"
#include "launcher/command_line/option_values.h"

namespace dplaunch {
namespace {

Error usage(const std::string& message, std::string hint) {
  return Error(ExitCode::kUsage, message, std::move(hint));
}

std::chrono::milliseconds from_seconds(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

void add_what_options(CLI::App& app, LaunchOptions& launch, RawJobOptions& raw) {
  const std::string group = "What";
  takes(app.add_option("--device", launch.devices.device,
                       "auto (default: idle GPUs, else CPU), all, 0, 0,1, 0-3, 'all,!1', auto:2, "
                       "GPU-<uuid>, cpu:4"),
        "DEVICES", offer::kDevices)
      ->group(group);
  takes(app.add_option("-c,--config", raw.config_file, "YAML file with the configuration"), "FILE",
        offer::kConfigs)
      ->group(group);
  takes(app.add_option("--set", raw.assignments,
                       "replace one value of the configuration; repeatable"),
        "KEY=VALUE", offer::kAssignments)
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group(group);
  takes(app.add_option("--root", raw.root, "folder of the data set; short for --set root=DIR"),
        "DIR", offer::kFolders)
      ->group(group);
  takes(app.add_option("--if-busy", raw.if_busy,
                       "a busy GPU: warn (default), skip it, fail, or wait until it is idle"),
        "ACTION", "warn skip fail wait")
      ->group(group);
  takes(app.add_option("--bind", raw.bind,
                       "bind each process to cores: numa (default), core or none"),
        "WHERE", "numa core none")
      ->group(group);
  app.add_flag("--isolate-devices", launch.isolate_devices,
               "of a command: each process sees its own GPU only")
      ->group(group);
}

void add_run_options(CLI::App& app, LaunchOptions& launch, RawJobOptions& raw) {
  const std::string group = "Run";
  takes(app.add_option("--name", raw.name, "folder below runs/; short for --set name=NAME"), "NAME")
      ->group(group);
  takes(app.add_option("--log-dir", raw.log_dir,
                       "folder of all runs (./runs); short for --set runs=DIR"),
        "DIR", offer::kFolders)
      ->group(group);
  takes(app.add_option(
            "--resume", launch.run.resume_run,
            "go on with a run, by its name or path; with --name's, or else with the newest"),
        "[=RUN]", offer::kRuns)
      ->expected(0, 1)
      ->group(group);
  takes(app.add_option("--seeds", launch.seeds,
                       "train N times with seed, seed + 1, ...; mean and deviation (1)"),
        "N")
      ->check(number_range(1, 1000))
      ->group(group);
  takes(
      app.add_option("--trace", raw.trace_steps,
                     "record 3 (or STEPS) steps of every rank as trace.json, for ui.perfetto.dev"),
      "[=STEPS]")
      ->expected(0, 1)
      ->group(group);
  takes(app.add_option(
            "--show", raw.shown_ranks,
            "whose standard output is shown: all, none, 0, 0,2 (trainer: 0, command: all)"),
        "RANKS", "all none")
      ->group(group);
}

void add_supervision_options(CLI::App& app, LaunchOptions& launch, RawJobOptions& raw) {
  const std::string group = "Supervision";
  takes(app.add_option("--grace", raw.grace_s, "processes' time to end when they are stopped (10)"),
        "SECONDS")
      ->check(seconds_range())
      ->group(group);
  takes(app.add_option("--max-restarts", launch.supervision.max_restarts,
                       "start all again after a failure, from the last checkpoint (0)"),
        "N")
      ->check(number_range(0, 1000000))
      ->group(group);
  takes(app.add_option("--preempt-signal", raw.preempt_signal,
                       "at this signal (USR1, ...) checkpoint, stop, and exit with code 75"),
        "SIGNAL", announcing_signals())
      ->group(group);
  takes(app.add_option("--stall-timeout", raw.stall_timeout_s,
                       "a process silent for so long hangs (trainer: 60; command: 0 = never)"),
        "SECONDS")
      ->check(seconds_range())
      ->group(group);
  takes(app.add_option("--on-stall", raw.on_stall, "then: warn (default), stop or restart"),
        "ACTION", "warn stop restart")
      ->group(group);
}

void add_host_options(CLI::App& app, LaunchOptions& launch, RawJobOptions& raw) {
  const std::string group = "Hosts (as torchrun's)";
  takes(app.add_option("--nproc-per-node", launch.devices.processes,
                       "N, gpu, cpu or auto: short for --device"),
        "N", "gpu cpu auto")
      ->group(group);
  takes(app.add_option("--nnodes", raw.hosts, "hosts of the job, a dplaunch on each (1)"), "N")
      ->group(group);
  takes(app.add_option("--node-rank", launch.hosts.index, "which of them this is, from 0"), "N")
      ->check(number_range(0, 1000000))
      ->group(group);
  takes(
      app.add_option("--master-addr", launch.hosts.master_addr, "host 0, as all of them reach it"),
      "ADDR", offer::kHosts)
      ->group(group);
  takes(app.add_option("--master-port", launch.hosts.master_port,
                       "port there (one host: any free one)"),
        "PORT")
      ->check(number_range(0, 65535))
      ->group(group);
  app.add_flag("--standalone", raw.standalone, "one host: what happens anyway")->group(group);
}

void add_show_options(CLI::App& app, LaunchOptions& launch) {
  const std::string group = "Show";
  app.add_flag("--dry-run", launch.dry_run,
               "print devices, environment and commands; start nothing")
      ->group(group);
  app.add_flag("--show-config", launch.show_config, "print each value and where it came from")
      ->group(group);
  app.set_version_flag("--version", "dplaunch " DPLAUNCH_VERSION, "print the version")
      ->group(group);
  app.set_help_flag("-h,--help", "print this help")->group(group);
}

std::vector<int> parse_ranks(const std::string& text) {
  std::vector<int> ranks;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t comma = std::min(text.find(',', start), text.size());
    const std::optional<int> rank =
        parse_number<int>(std::string_view(text).substr(start, comma - start));
    if (!rank || *rank < 0) {
      throw usage(fmt::format("--show \"{}\": not a list of ranks", text),
                  "all, none, or ranks from 0 with commas: --show 0,2");
    }
    ranks.push_back(*rank);
    start = comma + 1;
  }
  return ranks;
}

void settle_shown(LaunchOptions& launch, const RawJobOptions& raw, bool is_given) {
  SupervisionOptions& supervision = launch.supervision;
  supervision.show_all_ranks = is_given ? raw.shown_ranks == "all" : !launch.command.empty();
  if (!is_given || supervision.show_all_ranks) return;
  supervision.shown_ranks =
      raw.shown_ranks == "none" ? std::vector<int>() : parse_ranks(raw.shown_ranks);
}

OnStall parse_on_stall(const std::string& text) {
  if (text.empty() || text == "warn") return OnStall::kWarn;
  if (text == "stop") return OnStall::kStop;
  if (text == "restart") return OnStall::kRestart;
  throw usage(fmt::format("--on-stall \"{}\": no such action", text), "warn, stop or restart");
}

void settle_supervision(LaunchOptions& launch, const RawJobOptions& raw, const CLI::App& app) {
  SupervisionOptions& supervision = launch.supervision;
  supervision.grace = from_seconds(raw.grace_s);
  if (!raw.preempt_signal.empty()) {
    supervision.preempt_signal = parse_signal("--preempt-signal", raw.preempt_signal);
  }
  constexpr std::chrono::seconds kTrainerStallTimeout{60};
  if (app.count("--stall-timeout") > 0) {
    supervision.stall_timeout = from_seconds(raw.stall_timeout_s);
  } else if (launch.command.empty()) {
    supervision.stall_timeout = kTrainerStallTimeout;
  }
  supervision.on_stall = parse_on_stall(raw.on_stall);
  if (supervision.on_stall == OnStall::kRestart && supervision.max_restarts == 0) {
    throw usage("--on-stall restart: no restart is allowed", "add --max-restarts N");
  }
  if (supervision.on_stall != OnStall::kWarn && supervision.stall_timeout.count() == 0) {
    throw usage("--on-stall " + raw.on_stall + ": nobody looks for a stall",
                "add --stall-timeout SECONDS");
  }
  settle_shown(launch, raw, app.count("--show") > 0);
}

void settle_hosts(LaunchOptions& launch, const RawJobOptions& raw, const CLI::App& app) {
  Hosts& hosts = launch.hosts;
  if (!raw.hosts.empty()) {
    const std::optional<int> count = parse_number<int>(raw.hosts);
    if (!count || *count < 1) {
      throw usage(fmt::format("--nnodes \"{}\": not a number of hosts", raw.hosts),
                  raw.hosts.find(':') == std::string::npos
                      ? "a whole number from 1"
                      : "the number of hosts is fixed here: give one number, not a range");
    }
    hosts.count = *count;
  }
  if (hosts.index >= hosts.count) {
    throw usage(fmt::format("--node-rank {} of {}", hosts.index, counted(hosts.count, "host")),
                "hosts are counted from 0; --nnodes says how many there are");
  }
  if (hosts.count == 1) return;
  if (raw.standalone) throw usage("--standalone contradicts --nnodes", "leave one of them out");
  if (app.count("--master-addr") == 0) {
    throw usage(fmt::format("--nnodes {} needs the address of host 0", hosts.count),
                "add --master-addr HOST, the same on every host");
  }
  constexpr int kUsualPort = 29500;  // torchrun's
  if (hosts.master_port == 0) hosts.master_port = kUsualPort;
  if (launch.supervision.max_restarts > 0) {
    throw usage("--max-restarts works on one host only: the others would not restart with it",
                "leave it out, and resume on all hosts instead");
  }
}

/// What belongs to dplaunch's own trainer would be passed over in silence.
void refuse_trainer_options(const CLI::App& app) {
  for (const char* name :
       {"--config", "--set", "--root", "--resume", "--seeds", "--trace", "--show-config"}) {
    if (app.count(name) == 0) continue;
    throw usage(std::string(name) + " is for dplaunch's own trainer, not for a command",
                "write the command's own options behind it");
  }
}

int parse_trace_steps(const std::string& text) {
  constexpr int kUsualSteps = 3;
  constexpr int kMaxSteps = 1000;
  if (text.empty()) return kUsualSteps;
  const std::optional<int> steps = parse_number<int>(text);
  if (steps && *steps >= 1 && *steps <= kMaxSteps) return *steps;
  throw usage(
      fmt::format("--trace \"{}\": not a number of steps", text),
      fmt::format("a whole number from 1 to {}; without one it is {}", kMaxSteps, kUsualSteps));
}

void settle_command(LaunchOptions& launch, const RawJobOptions& raw, const CLI::App& app) {
  refuse_trainer_options(app);
  if (app.count("--log-dir") > 0) launch.runs = raw.log_dir;
  launch.name = raw.name;
}

/// In the order in which they win: --root and --name say more than --set does.
void settle_training(LaunchOptions& launch, const RawJobOptions& raw, const CLI::App& app) {
  if (launch.isolate_devices) {
    throw usage("--isolate-devices is for a command", "the trainer's processes see one GPU anyway");
  }
  if (app.count("--config") > 0) launch.run.config_file = raw.config_file;
  for (const std::string& assignment : raw.assignments) {
    launch.run.overrides.push_back(parse_override(assignment));
  }
  if (app.count("--root") > 0) launch.run.overrides.push_back({"root", raw.root, "--root"});
  if (app.count("--log-dir") > 0) {
    launch.run.overrides.push_back({"runs", raw.log_dir, "--log-dir"});
  }
  if (app.count("--name") > 0) launch.run.overrides.push_back({"name", raw.name, "--name"});
  launch.run.resume = app.count("--resume") > 0;
  if (launch.seeds > 1 && !launch.run.resume_run.empty()) {
    throw usage("--seeds has a run for each seed, and --resume=" + launch.run.resume_run +
                    " names one of them",
                "give --resume without a name, and the runs' common name with --name");
  }
  if (app.count("--trace") > 0) launch.trace_steps = parse_trace_steps(raw.trace_steps);
}

}  // namespace

void add_job_options(CLI::App& app, LaunchOptions& launch, RawJobOptions& raw) {
  add_what_options(app, launch, raw);
  add_run_options(app, launch, raw);
  add_supervision_options(app, launch, raw);
  add_host_options(app, launch, raw);
  add_show_options(app, launch);
}

void settle_job_options(LaunchOptions& launch, const RawJobOptions& raw, const CLI::App& app) {
  launch.command.empty() ? settle_training(launch, raw, app) : settle_command(launch, raw, app);
  if (app.count("--if-busy") > 0) launch.devices.if_busy = parse_if_busy(raw.if_busy);
  if (app.count("--bind") > 0) launch.bind = parse_bind(raw.bind);
  settle_supervision(launch, raw, app);
  settle_hosts(launch, raw, app);
}

}  // namespace dplaunch
