#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text/parse_number.h"
#include "base/text/words.h"
#include "launcher/command_line/option_values.h"
#include "launcher/commands/bench/bench_comm.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/job/host_options.h"

namespace dplaunch {
namespace {

constexpr std::int64_t kLargestBytes = std::int64_t{1} << 40;

/// Values as they are written, before they are checked.
struct RawBenchOptions {
  std::string what;
  std::string device;
  std::string config_file;
  std::string min = "1K";
  std::string max = "64M";
  std::string collectives = "all_reduce,broadcast,all_gather";
  std::string link;
  RawHostOptions hosts;
  bool json = false;
  bool csv = false;
};

/// "4096", "64K", "1M", "1MiB": binary units. 0 for what is no size.
std::int64_t message_size(const std::string& text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_number<std::int64_t>(text.substr(0, digits));
  const std::string unit = text.substr(digits);
  std::int64_t factor = 1;
  for (const std::string name : {"", "K", "M", "G"}) {
    const bool is_it =
        unit == name || (!name.empty() && (unit == name + "B" || unit == name + "iB"));
    if (number && is_it && *number <= kLargestBytes / factor) return *number * factor;
    factor *= 1024;
  }
  return 0;
}

std::int64_t parse_message_size(const char* option, const std::string& text) {
  constexpr std::int64_t kSmallestBytes = 4;  // a value
  const std::int64_t bytes = message_size(text);
  if (bytes >= kSmallestBytes) return bytes;
  throw Error(ExitCode::kUsage,
              fmt::format("{} \"{}\": not a size from 4 bytes to 1 TiB", option, text),
              "a whole number of bytes, or with a unit: 4096, 64K, 16M, 1G");
}

std::vector<Collective> parse_collectives(const std::string& text) {
  std::vector<Collective> collectives;
  for (const std::string& name : split(text, ',')) {
    const std::optional<Collective> collective = collective_named(name);
    if (!collective) {
      throw Error(ExitCode::kUsage, fmt::format("--ops \"{}\": no such collective", name),
                  "all_reduce, broadcast or all_gather, with commas between");
    }
    collectives.push_back(*collective);
  }
  return collectives;
}

void settle(BenchCommOptions& options, const RawBenchOptions& raw, const CLI::App& app) {
  if (raw.what != "comm") {
    throw Error(ExitCode::kUsage,
                raw.what.empty()
                    ? "bench: nothing to measure was named"
                    : fmt::format("bench \"{}\": there is no such measurement", raw.what),
                "dplaunch bench comm measures the processes' communication");
  }
  if (raw.json && raw.csv) {
    throw Error(ExitCode::kUsage, "--json contradicts --csv", "leave one of them out");
  }
  options.format = raw.json  ? BenchFormat::kJson
                   : raw.csv ? BenchFormat::kCsv
                             : BenchFormat::kTable;
  if (app.count("--device") > 0) options.device = raw.device;
  if (app.count("--config") > 0) options.config_file = raw.config_file;
  CommunicationRequest& request = options.request;
  request.collectives = parse_collectives(raw.collectives);
  request.min_bytes = parse_message_size("--min", raw.min);
  request.max_bytes = parse_message_size("--max", raw.max);
  if (request.min_bytes > request.max_bytes) {
    throw Error(ExitCode::kUsage, fmt::format("--min {} is more than --max {}", raw.min, raw.max),
                "the smallest size first");
  }
  if (app.count("--link") > 0) options.link = named_link(raw.link);
  settle_hosts(options.hosts, raw.hosts, /*is_alone=*/false, app, /*is_own_worker=*/true);
}

}  // namespace

Action declare_bench(CLI::App& app) {
  const auto options = std::make_shared<BenchCommOptions>();
  const auto raw = std::make_shared<RawBenchOptions>();
  CommunicationRequest& request = options->request;
  request.with_buckets = true;
  takes(app.add_option("what", raw->what, "comm: all-reduce, broadcast and all-gather"), "comm",
        "comm");
  takes(app.add_option("--device", raw->device, "auto (default), all, 0,1, cpu:2: as in training"),
        "DEVICES", offer::kDevices);
  takes(app.add_option("-c,--config", raw->config_file,
                       "the training's configuration: its buckets are measured, too"),
        "FILE", offer::kConfigs);
  add_set_option(app, "replace one value of the configuration; repeatable", options->overrides);
  takes(app.add_option("--ops", raw->collectives, "which of all_reduce,broadcast,all_gather (all)"),
        "NAMES", "all_reduce broadcast all_gather");
  takes(app.add_option("--min", raw->min, "the smallest size (1K)"), "SIZE");
  takes(app.add_option("--max", raw->max, "the largest size (64M)"), "SIZE");
  takes(app.add_option("--factor", request.factor, "between one size and the next (2)"), "N")
      ->check(number_range(2, 1000000));
  takes(app.add_option("--seconds", request.seconds, "about how long to measure (30)"), "SECONDS")
      ->check(seconds_range());
  takes(app.add_option("--link", raw->link,
                       "what the link should give: 100Mbit, 25Gb, 1.5GB; judged by it"),
        "RATE");
  app.add_flag_callback(
      "--no-buckets", [options] { options->request.with_buckets = false; },
      "without the training's buckets");
  app.add_flag("--json", raw->json, "for programs: one object; the rest goes to stderr");
  app.add_flag("--csv", raw->csv, "for a spreadsheet: a line a size; the rest goes to stderr");
  add_host_options(app, options->hosts, raw->hosts);
  return [options, raw, &app] {
    settle(*options, *raw, app);
    return bench_comm(*options);
  };
}

}  // namespace dplaunch
