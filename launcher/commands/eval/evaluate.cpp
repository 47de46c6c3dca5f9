#include "launcher/commands/eval/evaluate.h"

#include <fmt/core.h>

#include <csignal>
#include <filesystem>
#include <iostream>

#include "base/error.h"
#include "base/files/json_fields.h"
#include "base/files/read_file.h"
#include "base/files/temporary_folder.h"
#include "common/data_set.h"
#include "common/rank_environment.h"
#include "launcher/devices/choose_devices.h"
#include "launcher/plan/find_worker.h"
#include "launcher/plan/make_plan.h"
#include "launcher/plan/print_plan.h"
#include "launcher/process/supervise.h"
#include "launcher/runs/checkpoint_config.h"
#include "launcher/runs/find_checkpoint.h"
#include "launcher/runs/launch_record.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

constexpr int kHungUp = 128 + SIGHUP;

LaunchPlan evaluation_plan(const JobDevices& devices, const fs::path& worker,
                           const fs::path& checkpoint, const Config& config,
                           const RunFolder& folder) {
  PlanInputs inputs{devices.selection, folder};
  inputs.argv = {worker.string(), "--run-dir", folder.root().string(), "--evaluate",
                 checkpoint.string()};
  inputs.workers = config.workers;
  inputs.usable_cores = devices.machine.usable_cores;
  inputs.binding = bind_devices(devices.selection, kDefaultBind, inputs.usable_cores);
  inputs.inherited = process_variable;
  return make_plan(inputs);
}

void put_confusion(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  if (!error) return;
  throw Error(ExitCode::kStorage,
              fmt::format("--confusion: {}: cannot write it: {}", to.string(), error.message()));
}

/// A place that cannot be written is known before minutes are spent.
void check_confusion_place(const fs::path& file) {
  std::error_code error;
  const fs::path folder = file.has_parent_path() ? file.parent_path() : ".";
  if (file.empty() || (fs::is_directory(folder, error) && !fs::is_directory(file, error))) return;
  throw Error(ExitCode::kUsage, fmt::format("--confusion {}: cannot be made there", file.string()),
              "name a file in a folder that exists");
}

void check_result(const RunFolder& folder, const fs::path& worker) {
  std::error_code error;
  if (fs::exists(folder.evaluation(), error)) return;
  throw Error(ExitCode::kFailure, worker.string() + ": ended without a result",
              "it is another version, or DPLAUNCH_WORKER names a program that is no worker");
}

/// Not an end that the user asked for, after which nobody looks for logs.
bool is_failure(int code) {
  return code != to_int(ExitCode::kSuccess) && code != to_int(ExitCode::kInterrupted) &&
         code != to_int(ExitCode::kTerminated) && code != kHungUp;
}

}  // namespace

int evaluate(const EvaluateOptions& options) {
  const fs::path checkpoint = find_checkpoint(options.checkpoint);
  const Config config = checkpoint_config(checkpoint, options.overrides).config;
  const DataSet data = find_data_set(config.root);
  check_confusion_place(options.confusion);
  const JobDevices devices = choose_devices({.device = options.device});
  const WorkerExecutable worker = find_worker(devices.selection.kind(), worker_places());
  require_worker(worker);

  // Not the run's own folder, in which a job may be writing at this moment.
  TemporaryFolder temporary("dplaunch-eval");
  const RunFolder folder(temporary.path());
  const LaunchPlan plan = evaluation_plan(devices, worker.path, checkpoint, config, folder);
  write_config(folder, config);
  std::ostream& words = options.json ? std::cerr : std::cout;
  print_evaluation_header(words, plan, checkpoint, config, data);
  const int code = supervise(plan, words);
  if (is_failure(code)) temporary.keep();
  if (code != to_int(ExitCode::kSuccess)) return code;
  check_result(folder, worker.path);
  if (!options.confusion.empty()) put_confusion(folder.confusion(), options.confusion);
  if (options.json) std::cout << read_file(folder.evaluation(), kMaxRecordBytes).value_or("");
  return check_shown(std::cout);
}

}  // namespace dplaunch
