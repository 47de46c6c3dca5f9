#include "launcher/runs/write_run_files.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/files/atomic_file.h"
#include "base/process/host_name.h"
#include "common/config/load_config.h"

namespace dplaunch {
namespace {

using Json = nlohmann::ordered_json;

std::string utc(std::time_t time) {
  std::tm fields{};
  ::gmtime_r(&time, &fields);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &fields);
  return text;
}

Json to_json(const Gpu& gpu) {
  return {{"logical_index", gpu.logical_index},
          {"physical_index", gpu.index},
          {"uuid", gpu.uuid},
          {"name", gpu.name},
          {"pci_bus_id", gpu.pci_bus_id},
          {"memory_total_bytes", gpu.memory_total_bytes}};
}

Json to_json(const CpuBinding& cores) {
  if (!cores.is_bound()) return nullptr;
  return {{"cpus", cpu_list(cores.cpus)},
          {"numa_nodes", cores.numa_nodes},
          {"near_gpu", cores.is_near_gpu}};
}

Json to_json(const RankPlan& rank) {
  Json environment = Json::object();
  for (const auto& [name, value] : rank.variables) environment[name] = value;
  for (const auto& [name, value] : to_variables(rank.environment)) {
    if (name != "MASTER_PORT") environment[name] = value;  // chosen later, when ranks are started
  }
  return {{"rank", rank.environment.rank},
          {"gpu", rank.gpu ? to_json(*rank.gpu) : Json()},
          {"bound_to", to_json(rank.cores)},
          {"environment", environment},
          {"argv", rank.argv}};
}

std::string launch_json(const LaunchPlan& plan, const LaunchRecord& record) {
  Json ranks = Json::array();
  for (const RankPlan& rank : plan.ranks) ranks.push_back(to_json(rank));
  const Json document = {
      {"dplaunch_version", DPLAUNCH_VERSION},
      {"driver_version", record.driver_version.empty() ? Json() : Json(record.driver_version)},
      {"host", host_name()},
      {"started", utc(record.started)},
      {"launcher_pid", ::getpid()},
      {"command_line", record.command_line},
      {"usable_cores", record.usable_cores},
      {"grace_ms", plan.supervision.grace.count()},
      {"max_restarts", plan.supervision.max_restarts},
      {"is_own_worker", plan.is_own_worker},
      {"notes", plan.notes},
      {"ranks", ranks},
  };
  // Paths and arguments may hold any bytes; a bad one becomes U+FFFD instead of an exception.
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

void write_config(const RunFolder& folder, const Config& config) {
  write_file_atomically(folder.config(), to_yaml(config));
}

void write_launch_record(const LaunchPlan& plan, const LaunchRecord& record) {
  // Of this start alone: the workers do not wait until it is on the disk.
  write_file_whole(plan.run_folder->launch(), launch_json(plan, record));
}

}  // namespace dplaunch
