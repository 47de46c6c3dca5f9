#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "launcher/command_line/option_values.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/simulate/simulate.h"

namespace dplaunch {
namespace {

void declare_time(CLI::App& app, const char* name, std::string& value, const char* description) {
  takes(app.add_option(name, value, description), "TIME");
}

void declare_inputs(CLI::App& app, SimulateOptions& options) {
  CLI::Option* profile =
      takes(app.add_option("--profile", options.profile, "a JSON record of what was measured"),
            "FILE", offer::kFiles);
  takes(app.add_option("--measured", options.measured,
                       "a CSV file with columns processes and images_per_second"),
        "FILE", offer::kFiles)
      ->excludes(profile);
  takes(app.add_option("--series", options.series, "which of the CSV file's column \"series\""),
        "NAME");
  takes(app.add_option("--step-time", options.step_time, "of one process, waiting for nothing"),
        "TIME")
      ->excludes(profile);
  declare_time(app, "--input-wait", options.input_wait, "for the next batch, a step (0)");
  declare_time(app, "--evaluation-time", options.evaluation,
               "spread over the steps between two (0)");
  declare_time(app, "--checkpoint-time", options.checkpoint,
               "spread over the steps between two (0)");
  declare_time(app, "--jitter", options.jitter,
               "mean of a random delay of each rank in each step, in its step time (0)");
  takes(app.add_option("--batch", options.batch, "images of a step of one process")
            ->check(positive_number()),
        "N");
}

void declare_communication(CLI::App& app, SimulateOptions& options) {
  takes(app.add_option("--gradient-bytes", options.gradient, "\"44.9MB\": of all parameters"), "N");
  takes(app.add_option("--bucket-mb", options.bucket_mb,
                       "of one all-reduce, in MiB, as the configuration's key (4)")
            ->check(real_range(0.01, 1024)),
        "N");
  takes(app.add_option("--backward-share", options.backward_share,
                       "of the step time, in which the gradients become ready evenly (0.667)")
            ->check(real_range(0, 1)),
        "SHARE");
  app.add_flag("--no-overlap", options.no_overlap,
               "all-reduce when the whole gradient is there, as nn.DataParallel does");
  takes(app.add_option("--link", options.link,
                       "bandwidth between hosts, each way: \"200Gb\" are bits, \"25GB/s\" bytes"),
        "BANDWIDTH");
  declare_time(app, "--latency", options.latency, "of a message between hosts: \"5us\" (0)");
  takes(app.add_option("--host-link", options.host_link, "the same within a host (as --link)"),
        "RATE");
  declare_time(app, "--host-latency", options.host_latency, "within a host (as --latency)");
  takes(app.add_option("--gpus-per-host", options.gpus_per_host,
                       "processes of a host, which share its link (1)")
            ->check(number_range(1, 1024)),
        "N");
  takes(app.add_option("--algorithm", options.algorithm,
                       "auto (default: ring or tree, the faster), ring, "
                       "halving-doubling, tree, hierarchical"),
        "NAME", "auto ring halving-doubling tree hierarchical");
}

}  // namespace

Action declare_simulate(CLI::App& app) {
  const auto options = std::make_shared<SimulateOptions>();
  takes(app.add_option("--world-sizes", options->world_sizes,
                       "numbers of processes: \"1,2,4\", or \"1..1024\" in doublings (1..8)"),
        "LIST");
  takes(app.add_option("--mode", options->mode,
                       "weak (default: a process's batch stays) or strong (all of them together)"),
        "MODE", "weak strong both");  // a shell offers the same for each command; scale takes both
  declare_inputs(app, *options);
  declare_communication(app, *options);
  app.add_flag("--force", options->force, "also beyond 8 times what was measured");
  app.add_flag("--json", options->json, "for programs: one object on one line");
  app.add_flag("--csv", options->csv, "for a spreadsheet");
  return [options] {
    const int code = simulate(*options, std::cout);
    check_shown(std::cout);
    return code;
  };
}

}  // namespace dplaunch
