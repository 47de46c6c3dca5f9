#include "launcher/commands/job/job_options.h"

#include "base/process/signal_name.h"
#include "launcher/command_line/option_values.h"
#include "launcher/commands/job/host_options.h"

namespace dplaunch {
namespace {

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
               "of a command: each process sees its own GPU only, as cuda:0")
      ->group(group);
}

void add_run_options(CLI::App& app, LaunchOptions& launch, RawJobOptions& raw) {
  const std::string group = "Run";
  takes(app.add_option("--name", raw.name, "folder below runs/; short for --set name=NAME"), "NAME")
      ->group(group);
  takes(app.add_option("--log-dir", raw.log_dir,
                       "folder of all runs (./runs); none: a command runs without a folder"),
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
  takes(
      app.add_option("--stdin", raw.stdin_for,
                     "of a command: who gets standard input and terminal: 0 (default), none, all"),
      "RANKS", "0 none all")
      ->group(group);
  takes(app.add_option(
            "--show", raw.shown_ranks,
            "whose standard output is shown: all, none, 0, 0,2 (trainer: 0, command: all)"),
        "RANKS", "all none")
      ->group(group);
  app.add_flag("-q,--quiet", launch.supervision.is_quiet,
               "of the launcher's own lines print warnings and errors only")
      ->group(group);
  app.add_flag("--pty", launch.supervision.has_terminals,
               "of a command: each process writes to pseudo-terminals")
      ->group(group);
}

void add_supervision_options(CLI::App& app, LaunchOptions& launch, RawJobOptions& raw) {
  const std::string group = "Supervision";
  takes(app.add_option("--grace", raw.grace_s, "processes' time to end when they are stopped (10)"),
        "SECONDS")
      ->check(seconds_range())
      ->group(group);
  app.add_flag("--leave-running", launch.supervision.leaves_running,
               "of a command: what it leaves behind when it ends well lives on")
      ->group(group);
  takes(app.add_option("--max-restarts", launch.supervision.max_restarts,
                       "start all again after a failure, from the last checkpoint (0)"),
        "N")
      ->check(number_range(0, 1000000))
      ->group(group);
  takes(app.add_option("--preempt-signal", raw.preempt_signal,
                       "at this signal (USR1, ...) checkpoint, stop, and exit with code 75"),
        "SIG", announcing_signals())
      ->group(group);
  takes(app.add_option("--stall-timeout", raw.stall_timeout_s,
                       "a process silent for so long hangs (trainer: 60; command: 0 = never)"),
        "SECONDS")
      ->check(seconds_range())
      ->group(group);
  takes(app.add_option("--on-stall", raw.on_stall, "then: warn (default), stop or restart"),
        "ACTION", "warn stop restart")
      ->group(group);
  takes(app.add_option("--metrics-port", raw.metrics_port,
                       "figures for Prometheus at [ADDRESS:]PORT (127.0.0.1)"),
        "PORT")
      ->group(group);
}

void add_process_options(CLI::App& app, LaunchOptions& launch, RawJobOptions& raw) {
  takes(app.add_option("--nproc-per-node", launch.devices.processes,
                       "N, gpu, cpu or auto; of a command whatever --device says"),
        "N", "gpu cpu auto")
      ->group(kHostGroup);
  add_host_options(app, launch.hosts, raw.hosts);
  app.add_flag("--standalone", raw.standalone, "one host, whatever an engine says")
      ->group(kHostGroup);
  app.add_option("--role", launch.role)->group(kHidden);  // torchrun's
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

}  // namespace

void add_job_options(CLI::App& app, LaunchOptions& launch, RawJobOptions& raw) {
  add_what_options(app, launch, raw);
  add_run_options(app, launch, raw);
  add_supervision_options(app, launch, raw);
  add_process_options(app, launch, raw);
  add_show_options(app, launch);
}

}  // namespace dplaunch
