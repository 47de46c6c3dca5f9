#include "worker/options.h"

#include <torch/version.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "base/error.h"
#include "worker/device/device.h"
#include "worker/trace/step_trace.h"

namespace dplaunch {
namespace {

/// The doctor reads this: one "name version" a line.
std::string versions() {
  std::string text = "dplaunch-worker " DPLAUNCH_VERSION "\nLibTorch " TORCH_VERSION "\n";
  text += device::library_versions();
  text.pop_back();  // CLI11 ends the last line
  return text;
}

}  // namespace

WorkerOptions parse_worker_options(int argc, char** argv) {
  WorkerOptions options;
  CLI::App app{
      "One rank of a training job. Started by dplaunch, which sets RANK, WORLD_SIZE and the rest."};
  app.set_version_flag("--version", versions());
  app.add_option("--run-dir", options.run_dir, "run folder with config.resolved.yml");
  app.add_flag("--resume", options.resume, "go on from the folder's latest checkpoint");
  app.add_option("--evaluate", options.evaluate,
                 "do not train: count how many images this checkpoint recognises");
  app.add_option(
         "--trace", options.trace_steps,
         "record so many steps, after some to warm up, and write the run folder's trace.json")
      ->type_name("STEPS")
      ->check(CLI::Range(std::int64_t{1}, StepTrace::kMaxSteps));
  app.add_option("--dump-logits", options.dump_logits,
                 "do not train: write the latest checkpoint's logits of the first limit_test test "
                 "images (64 if it is 0) to this safetensors file");
  app.add_option("--measure-all-reduce", options.measure_all_reduce_bytes,
                 "do not train: time the all-reduce of a tensor of so many bytes")
      ->check(CLI::Range(std::int64_t{4}, std::int64_t{1} << 40));
  try {
    app.parse(argc, argv);
    if (options.run_dir.empty() && options.measure_all_reduce_bytes == 0) {
      throw CLI::RequiredError("--run-dir");
    }
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) std::exit(app.exit(error));
    throw Error(ExitCode::kUsage, error.what(),
                "start training with dplaunch, not with the worker");
  }
  return options;
}

}  // namespace dplaunch
