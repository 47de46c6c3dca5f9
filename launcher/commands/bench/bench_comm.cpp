#include "launcher/commands/bench/bench_comm.h"

#include <fmt/core.h>

#include <algorithm>
#include <iostream>

#include "base/error.h"
#include "base/text/words.h"
#include "launcher/commands/bench/comm_report.h"
#include "launcher/communication/measure_communication.h"
#include "launcher/communication/socket_floor.h"
#include "launcher/devices/choose_devices.h"
#include "launcher/plan/find_worker.h"

namespace dplaunch {
namespace {

void require_two(const BenchCommOptions& options, const JobDevices& devices) {
  if (devices.selection.processes() * options.hosts.count > 1) return;
  throw Error(ExitCode::kUsage,
              fmt::format("--device {}: one process has nobody to communicate with", devices.text),
              "name two devices or more: --device cpu:2, --device 0,1");
}

/// Before and after the measurement: a machine may have become busy in between.
LinkExpectation floor_of(const DeviceSelection& selection, int usable_cores) {
  return socket_floor(selection.processes(), usable_cores);
}

bool is_cpu_of_one_host(const BenchCommOptions& options, const DeviceSelection& selection) {
  return !options.link && options.hosts.count == 1 && selection.is_cpu();
}

/// What is known without measuring.
LinkExpectation known_link(const BenchCommOptions& options, const DeviceSelection& selection) {
  if (options.link) return *options.link;
  if (options.hosts.count > 1) return {LinkKind::kUnknown, 0, "between hosts; --link names it"};
  if (selection.is_cpu()) return {};
  return link_of_gpus(probe_links(selection.kind()), selection);
}

std::string opening_words(const BenchCommOptions& options, const JobDevices& devices) {
  std::vector<std::string> names;
  for (const Collective each : options.request.collectives) names.emplace_back(name_of(each));
  const int processes = devices.selection.processes() * options.hosts.count;
  return fmt::format("dplaunch: {} of {} processes ({}), for about {:g} s\n", joined(names),
                     processes, devices.selection.kind().name, options.request.seconds);
}

}  // namespace

int bench_comm(const BenchCommOptions& options) {
  const ResolvedConfig resolved = load_config(options.config_file, options.overrides);
  const JobDevices devices = choose_devices({.device = options.device});
  const DeviceSelection& selection = devices.selection;
  require_two(options, devices);
  const WorkerExecutable worker = find_worker(selection.kind(), worker_places());
  require_worker(worker);
  std::ostream& words = options.format == BenchFormat::kTable ? std::cout : std::cerr;
  for (const std::string& note : options.hosts.notes) words << note << '\n';
  for (const std::string& warning : selection.warnings) words << warning << '\n';
  words << opening_words(options, devices) << std::flush;

  const int cores = devices.machine.usable_cores;
  const bool has_floor = is_cpu_of_one_host(options, selection);
  LinkExpectation link = has_floor ? floor_of(selection, cores) : known_link(options, selection);
  const CommunicationJob job{selection,       cores,         worker.path, resolved.config,
                             options.request, options.hosts, {}};
  const CommunicationResult result =
      measure_communication(job, /*keeps_logs=*/true, words, std::cerr);
  if (!result.record) {
    if (result.exit_code == to_int(ExitCode::kSuccess)) words << "host 0 prints the result\n";
    return result.exit_code;
  }
  if (has_floor) {
    const LinkExpectation again = floor_of(selection, cores);
    if (again.bytes_per_second < link.bytes_per_second) link = again;
  }
  print(std::cout, make_report(*result.record, link, devices.text, options.hosts.count),
        options.format);
  return check_shown(std::cout);
}

}  // namespace dplaunch
