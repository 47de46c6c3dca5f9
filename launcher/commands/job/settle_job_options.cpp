#include <fmt/core.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/process/signal_name.h"
#include "base/text/choice.h"
#include "base/text/parse_number.h"
#include "base/text/words.h"
#include "launcher/command_line/option_values.h"
#include "launcher/commands/job/host_options.h"
#include "launcher/commands/job/job_options.h"
#include "launcher/commands/job/metrics_option.h"
#include "launcher/commands/job/pet_variables.h"

// What contradicts what is refused here, before anything is looked at or written.

namespace dplaunch {
namespace {

Error usage(const std::string& message, std::string hint) {
  return Error(ExitCode::kUsage, message, std::move(hint));
}

std::vector<int> parse_ranks(const std::string& text) {
  std::vector<int> ranks;
  for (const std::string& piece : split(text, ',')) {
    const std::optional<int> rank = parse_number<int>(piece);
    if (!rank || *rank < 0) {
      throw usage(fmt::format("--show \"{}\": not a list of ranks", text),
                  "all, none, or ranks from 0 with commas: --show 0,2");
    }
    ranks.push_back(*rank);
  }
  return ranks;
}

/// A trainer's ranks print the same lines: rank 0's are enough. A command's may all differ.
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
    throw usage(fmt::format("--on-stall {}: nobody looks for a stall", raw.on_stall),
                "add --stall-timeout SECONDS");
  }
  if (app.count("--metrics-port") > 0) supervision.metrics = parse_metrics_place(raw.metrics_port);
  settle_shown(launch, raw, app.count("--show") > 0);
}

void settle_job_hosts(LaunchOptions& launch, const RawJobOptions& raw, const CLI::App& app) {
  const std::string& count = raw.hosts.count;
  if (raw.standalone && !count.empty() && count != "1") {
    throw usage("--standalone contradicts --nnodes", "leave one of them out");
  }
  settle_hosts(launch.hosts, raw.hosts, raw.standalone, app, launch.command.empty());
  take_pet_variables(launch, app);
}

/// What belongs to dplaunch's own trainer would be passed over in silence.
void refuse_trainer_options(const CLI::App& app) {
  for (const char* name : {"--config", "--set", "--root", "--seeds", "--trace", "--show-config"}) {
    if (app.count(name) == 0) continue;
    throw usage(fmt::format("{} is for dplaunch's own trainer, not for a command", name),
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

constexpr char kNoFolder[] = "none";  // of --log-dir

StdinFor parse_stdin_for(const std::string& text) {
  const auto chosen = choice_of<StdinFor>(
      text, {{"none", StdinFor::kNobody}, {"0", StdinFor::kRank0}, {"all", StdinFor::kAllRanks}});
  if (!chosen) {
    throw usage(fmt::format("--stdin \"{}\": not a choice of ranks", text), "0, none or all");
  }
  return *chosen;
}

void settle_command(LaunchOptions& launch, const RawJobOptions& raw, const CLI::App& app) {
  refuse_trainer_options(app);
  launch.supervision.stdin_for =
      app.count("--stdin") > 0 ? parse_stdin_for(raw.stdin_for) : StdinFor::kRank0;
  if (app.count("--log-dir") > 0) launch.runs = raw.log_dir;
  launch.name = raw.name;
  launch.devices.is_command = true;
  launch.keeps_folder = launch.runs != kNoFolder;
  if (launch.keeps_folder) return;
  if (app.count("--metrics-port") > 0) {
    throw usage("--metrics-port reads the figures from a run's folder, and --log-dir none has none",
                "leave one of them out");
  }
  for (const char* name : {"--name", "--resume"}) {
    if (app.count(name) == 0) continue;
    throw usage(fmt::format("{} names a run's folder, and --log-dir none has none", name),
                "leave one of them out; a folder of that name is --log-dir ./none");
  }
}

/// In the order in which they win: --root and --name say more than --set does.
void settle_training_options(LaunchOptions& launch, const RawJobOptions& raw, const CLI::App& app) {
  if (launch.isolate_devices) {
    throw usage("--isolate-devices is for a command", "the trainer's processes see one GPU anyway");
  }
  if (app.count("--stdin") > 0) {
    throw usage("--stdin is for a command", "the trainer reads no standard input");
  }
  if (app.count("--role") > 0) {
    throw usage("--role is for a command", "the trainer's processes have no roles");
  }
  if (raw.log_dir == kNoFolder) {
    throw usage("--log-dir none is for a command: a training keeps its checkpoints in its folder",
                "choose a writable folder with --log-dir DIR; one of that name is ./none");
  }
  if (launch.supervision.has_terminals) {
    throw usage("--pty is for a command", "the trainer holds none of its output back");
  }
  if (launch.supervision.leaves_running) {
    throw usage("--leave-running is for a command", "the trainer leaves nothing behind");
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
  if (launch.seeds > 1 && !launch.run.resume_run.empty()) {
    throw usage(fmt::format("--seeds has a run for each seed, and --resume={} names one of them",
                            launch.run.resume_run),
                "give --resume without a name, and the runs' common name with --name");
  }
  if (app.count("--trace") > 0) launch.trace_steps = parse_trace_steps(raw.trace_steps);
}

}  // namespace

void settle_job_options(LaunchOptions& launch, const RawJobOptions& raw, const CLI::App& app) {
  launch.run.resume = app.count("--resume") > 0;
  launch.command.empty() ? settle_training_options(launch, raw, app)
                         : settle_command(launch, raw, app);
  if (app.count("--if-busy") > 0) launch.devices.if_busy = parse_if_busy(raw.if_busy);
  if (app.count("--bind") > 0) launch.bind = parse_bind(raw.bind);
  settle_job_hosts(launch, raw, app);
  settle_supervision(launch, raw, app);
}

}  // namespace dplaunch
