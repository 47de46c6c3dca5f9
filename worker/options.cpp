#include "worker/options.h"

#include <torch/version.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/text/words.h"
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

/// A request as to_arguments() writes it.
struct MeasurementWords {
  std::string collectives;  ///< empty: nothing is to be measured
  CommunicationRequest request;
};

void add_measurement(CLI::App& app, MeasurementWords& words) {
  CommunicationRequest& request = words.request;
  const CLI::Range sizes(std::int64_t{4}, std::int64_t{1} << 40);
  app.add_option("--measure-communication", words.collectives,
                 "do not train: time these collectives: all_reduce,broadcast,all_gather");
  app.add_option("--min-bytes", request.min_bytes, "the smallest size")->check(sizes);
  app.add_option("--max-bytes", request.max_bytes, "the largest size")->check(sizes);
  app.add_option("--size-factor", request.factor, "between one size and the next")
      ->check(CLI::Range(1.01, 1e6));
  app.add_option("--seconds", request.seconds, "about how long all of it may take");
  app.add_flag("--buckets", request.with_buckets, "also the buckets of the training's gradients");
  app.add_flag("--both-types", request.with_both_types,
               "all sizes as fp32 and as bf16, and what it costs to compress the buckets");
}

std::optional<CommunicationRequest> settled(const MeasurementWords& words) {
  if (words.collectives.empty()) return std::nullopt;
  CommunicationRequest request = words.request;
  request.collectives.clear();
  for (const std::string& name : split(words.collectives, ',')) {
    const std::optional<Collective> collective = collective_named(name);
    if (!collective) {
      throw Error(ExitCode::kUsage, "--measure-communication: \"" + name + "\" is no collective",
                  "all_reduce, broadcast or all_gather, with commas between");
    }
    request.collectives.push_back(*collective);
  }
  return request;
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
  MeasurementWords measurement;
  add_measurement(app, measurement);
  try {
    app.parse(argc, argv);
    if (options.run_dir.empty()) throw CLI::RequiredError("--run-dir");
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) std::exit(app.exit(error));
    throw Error(ExitCode::kUsage, error.what(),
                "start training with dplaunch, not with the worker");
  }
  options.measured = settled(measurement);
  return options;
}

}  // namespace dplaunch
