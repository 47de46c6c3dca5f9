#include "launcher/scale/measure_run.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/files/read_file.h"
#include "base/files/unique_fd.h"
#include "base/monotonic_clock.h"
#include "base/process/run_program.h"
#include "base/process/usable_cores.h"
#include "base/text/words.h"
#include "common/run_folder.h"
#include "launcher/runs/metrics_file.h"
#include "launcher/runs/run_summary.h"
#include "launcher/scale/machine_watch.h"
#include "launcher/scale/metric.h"
#include "launcher/scale/steady_state.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

// An evaluation's time is proportional to its images: a part of a large set tells as much.
constexpr std::int64_t kMostEvaluated = 1000;

std::int64_t batch_of(const Experiment& experiment, const Point& point) {
  const std::int64_t batch = experiment.config.bsize;
  return point.kind == PointKind::kStrong ? batch / point.processes : batch;
}

std::int64_t evaluated_of(const Experiment& experiment) {
  return std::min(experiment.evaluated_images, kMostEvaluated);
}

std::string devices_of(const Experiment& experiment, int processes) {
  if (experiment.is_cpu()) return fmt::format("cpu:{}", processes);
  return joined({experiment.gpus.begin(), experiment.gpus.begin() + processes}, ",");
}

/// What comes every so many epochs, or with 0 behind the last one, by the steps between two.
double by_step(double seconds, std::int64_t every, const Experiment& experiment,
               const Point& point) {
  const std::int64_t epochs = every > 0 ? every : experiment.config.epochs;
  const std::int64_t steps_of_epoch =
      experiment.training_images / (batch_of(experiment, point) * point.processes);
  return seconds / static_cast<double>(std::max<std::int64_t>(1, epochs * steps_of_epoch));
}

/// Of an evaluation as the configuration has it, which may be of more images.
double evaluation_seconds(const Experiment& experiment, const RunFolder& folder) {
  const Json last = parse_json(last_metrics_line(folder.metrics()));
  const double measured = number_in(last, "evaluation_seconds");
  return measured * static_cast<double>(experiment.evaluated_images) /
         static_cast<double>(evaluated_of(experiment));
}

void take_training(const Experiment& experiment, const Point& point, const RunFolder& folder,
                   RunRecord& record) {
  std::vector<std::vector<StepTimes>> ranks;
  for (int rank = 0; rank < point.processes; ++rank) {
    ranks.push_back(read_step_times(folder.step_times(rank)));
  }
  RunFigures figures = run_figures(ranks);
  if (figures.steps == 0) {
    record.problem = "it wrote no step's times: " + folder.step_times(0).string();
    return;
  }
  const Config& config = experiment.config;
  figures.evaluation_seconds =
      by_step(evaluation_seconds(experiment, folder), config.evaluate_every, experiment, point);
  if (const auto result = read_training_result(folder)) {
    figures.checkpoint_seconds =
        by_step(result->checkpoint_seconds, config.checkpoint_every, experiment, point);
  }
  const std::int64_t images = batch_of(experiment, point) * point.processes;
  record.rate = static_cast<double>(images) / figures.step_seconds;
  record.figures = std::move(figures);
}

void take_accuracy(const Point& point, const RunFolder& folder, RunRecord& record) {
  const EpochRecords records = read_epochs(folder.metrics());
  const AccuracyRun run = accuracy_run(records.epochs, point.to_top1_percent);
  if (run.epochs == 0) {
    record.problem = "it wrote no epoch's figures: " + folder.metrics().string();
    return;
  }
  record.accuracy = run;
}

/// That says something; cut where it is long.
std::string last_line(const fs::path& file) {
  constexpr std::size_t kMostBytes = 200;
  std::string last;
  for (const std::string& line : split(read_file(file, kMaxRecordBytes).value_or(""), '\n')) {
    if (line.find_first_not_of(" \t\r") != std::string::npos) last = line;
  }
  return last.size() > kMostBytes ? last.substr(0, kMostBytes) + "..." : last;
}

void take_command(const Experiment& experiment, const Point& point, const RunFolder& folder,
                  RunRecord& record) {
  // The work that N processes do in the time of which there is a figure.
  const double work = experiment.mode == ScaleMode::kWeak ? point.processes : 1;
  if (experiment.metric.empty()) {
    record.rate = work / record.wall_seconds;
    return;
  }
  record.metric =
      metric_values(read_file(folder.log(0), kMaxRecordBytes).value_or(""), experiment.metric);
  const std::optional<double> seconds = steady_seconds(record.metric, experiment.metric_kind);
  if (!seconds) {
    const std::string line = last_line(folder.log(0));
    record.problem =
        fmt::format("--metric '{}' finds no number above 0 in {}, which {}", experiment.metric,
                    folder.log(0).string(), line.empty() ? "is empty" : "ends with: " + line);
    return;
  }
  record.rate = (experiment.metric_kind == MetricKind::kRate ? 1 : work) / *seconds;
}

std::string why_failed(const RunFolder& folder, int exit_code) {
  try {
    const auto summary = read_json_object(folder.summary());
    const Json& job = member_in(summary.value_or(Json()), "job");
    const std::string message = string_in(member_in(job, "root_cause"), "message");
    if (!message.empty()) return fmt::format("exit code {}: {}", exit_code, message);
    const std::string line = last_line(folder.log(0));
    if (!line.empty()) return fmt::format("exit code {}: {}", exit_code, line);
  } catch (const Error&) {
    // The exit code and the job's own output have to do.
  }
  return fmt::format("exit code {}: see {}.out", exit_code, folder.root().string());
}

std::string run_name(const Experiment& experiment, const Point& point, int block) {
  std::string name = fmt::format("block-{:02}-{}", block, point.name);
  std::replace(name.begin(), name.end(), ' ', '-');
  // One that was broken off stays: it may not have ended yet.
  std::string free = name;
  std::error_code error;
  for (int i = 2; fs::exists(experiment.runs() / free, error); ++i) {
    free = fmt::format("{}-again-{}", name, i);
  }
  return free;
}

UniqueFd open_output(const fs::path& file) {
  UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!fd) throw system_error(ExitCode::kStorage, file.string() + ": cannot make it", errno);
  return fd;
}

/// The accuracy has been reached, and what follows tells nothing.
bool is_there(const Experiment& experiment, const Point& point, const RunRecord& record) {
  const RunFolder folder(experiment.folder / record.run);
  const auto evaluation = evaluation_in(parse_json(last_metrics_line(folder.metrics())));
  return evaluation && evaluation->top1 >= point.to_top1_percent;
}

}  // namespace

std::vector<std::string> job_words(const Experiment& experiment, const Point& point, int block,
                                   const std::string& program, const std::string& name) {
  std::vector<std::string> words = {
      program,  "--quiet", "--standalone", "--device", devices_of(experiment, point.processes),
      "--name", name};
  if (experiment.is_command()) {
    words.insert(words.end(), {"--log-dir", experiment.runs().string(), "--"});
    words.insert(words.end(), experiment.command.begin(), experiment.command.end());
    return words;
  }
  words.insert(words.end(), {"-c", experiment.config_file().string()});
  const auto set = [&words](const std::string& key, const std::string& value) {
    words.insert(words.end(), {"--set", fmt::format("{}={}", key, value)});
  };
  set("runs", experiment.runs().string());
  set("bsize", std::to_string(batch_of(experiment, point)));
  set("checkpoint_every", "0");
  set("log_every", "0");
  if (point.is_to_accuracy()) {
    set("evaluate_every",
        std::to_string(std::max<std::int64_t>(1, experiment.config.evaluate_every)));
    // How long a training takes to get there is also luck, which is not to be the same in all
    // blocks.
    set("seed", std::to_string(experiment.config.seed + block - 1));
    return words;
  }
  set("max_steps", std::to_string(experiment.steps));
  set("limit_test", std::to_string(evaluated_of(experiment)));
  set("evaluate_every", "0");
  set("step_times", "true");
  if (point.kind == PointKind::kGroupOfOne) set("group_of_one", "true");
  return words;
}

std::vector<int> cpus_of(const Experiment& experiment, const Point& point,
                         const std::vector<int>& allowed) {
  if (!experiment.is_cpu() || experiment.cores_per_process == 0) return {};
  const int processes =
      point.kind == PointKind::kAllCores ? experiment.most_processes() : point.processes;
  const int count = processes * experiment.cores_per_process;
  if (std::cmp_greater_equal(count, allowed.size())) return {};
  return {allowed.begin(), allowed.begin() + count};
}

void take_figures(const Experiment& experiment, const Point& point, RunRecord& record) {
  const RunFolder folder(experiment.folder / record.run);
  if (record.exit_code != 0) {
    record.problem = why_failed(folder, record.exit_code);
    return;
  }
  try {
    if (point.is_to_accuracy()) {
      take_accuracy(point, folder, record);
    } else if (experiment.is_command()) {
      take_command(experiment, point, folder, record);
    } else {
      take_training(experiment, point, folder, record);
    }
  } catch (const Error& error) {
    record.problem = error.what();
  }
}

RunRecord measure_run(const Experiment& experiment, const Point& point, int block,
                      StopSignals& stop) {
  RunRecord record;
  record.block = block;
  record.point = point.name;
  const std::string name = run_name(experiment, point, block);
  record.run = (fs::path("runs") / name).string();
  record.started_unix = std::time(nullptr);
  const UniqueFd output = open_output(experiment.runs() / (name + ".out"));
  ProgramOptions options;
  options.captures_errors = true;
  options.output_fd = output.get();
  options.cpus = cpus_of(experiment, point, allowed_cpus());
  MachineWatch watch(experiment.gpus);
  bool is_stopped = false;
  options.watch = [&](pid_t launcher) {
    watch.look(monotonic_ns());
    // Typed at a terminal, it has reached the job too, which takes it as the same request.
    if (stop.come()) ::kill(launcher, SIGTERM);
    if (is_stopped || !point.is_to_accuracy() || !is_there(experiment, point, record)) return;
    is_stopped = ::kill(launcher, SIGTERM) == 0;
  };
  const MachineUse before = machine_use();
  const ProgramResult result = run_program(
      job_words(experiment, point, block, fs::read_symlink("/proc/self/exe"), name), options);
  const MachineUse after = machine_use();
  record.wall_seconds = static_cast<double>(after.at_ns - before.at_ns) * 1e-9;
  record.cpu_seconds = result.cpu_seconds;
  record.interference = interference_between(before, after, result.cpu_seconds);
  watch.tell(record.interference);
  record.exit_code = result.signal != 0 ? 128 + result.signal : result.exit_code;
  refuse_to_go_on(stop);
  // As it was told to.
  if (is_stopped && record.exit_code == to_int(ExitCode::kTerminated)) record.exit_code = 0;
  refuse_to_go_on(static_cast<ExitCode>(record.exit_code));
  take_figures(experiment, point, record);
  std::error_code ignored;
  fs::remove_all(RunFolder(experiment.folder / record.run).checkpoints(), ignored);
  return record;
}

}  // namespace dplaunch
