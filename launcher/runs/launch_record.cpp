#include "launcher/runs/launch_record.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/files/json_fields.h"
#include "base/process/host_name.h"
#include "base/text/parse_number.h"
#include "base/text/secrets.h"
#include "common/config/load_config.h"
#include "common/record_keys.h"

namespace dplaunch {
namespace {

namespace start_key {
constexpr char kHost[] = "host";
constexpr char kStarted[] = "started";
constexpr char kLauncherPid[] = "launcher_pid";
constexpr char kGraceMs[] = "grace_ms";
constexpr char kStallTimeoutMs[] = "stall_timeout_ms";
constexpr char kAttempt[] = "attempt";
constexpr char kRanks[] = "ranks";
constexpr char kRank[] = "rank";
constexpr char kGpu[] = "gpu";
constexpr char kUuid[] = "uuid";
constexpr char kEnvironment[] = "environment";
constexpr char kArgv[] = "argv";
constexpr char kName[] = "name";
constexpr char kBoundTo[] = "bound_to";
constexpr char kCpus[] = "cpus";
constexpr char kVersion[] = "dplaunch_version";
constexpr char kDriver[] = "driver_version";
constexpr char kCommandLine[] = "command_line";
constexpr char kUsableCores[] = "usable_cores";
constexpr char kNotes[] = "notes";
}  // namespace start_key

constexpr char kTimeFormat[] = "%Y-%m-%dT%H:%M:%SZ";

std::string utc(std::time_t time) {
  std::tm fields{};
  ::gmtime_r(&time, &fields);
  char text[32];
  std::strftime(text, sizeof text, kTimeFormat, &fields);
  return text;
}

Json json_of(const Gpu& gpu) {
  return {{"logical_index", gpu.logical_index}, {"physical_index", gpu.index},
          {start_key::kUuid, gpu.uuid},         {start_key::kName, gpu.name},
          {"pci_bus_id", gpu.pci_bus_id},       {"memory_total_bytes", gpu.memory_total_bytes}};
}

Json json_of(const CpuBinding& cores) {
  if (!cores.is_bound()) return nullptr;
  return {{start_key::kCpus, cpu_list(cores.cpus)},
          {"numa_nodes", cores.numa_nodes},
          {"near_gpu", cores.is_near_gpu}};
}

Json json_of(const RankPlan& rank) {
  Json environment = Json::object();
  for (const auto& [name, value] : rank.variables) environment[name] = value;
  for (const auto& [name, value] : to_variables(rank.environment)) {
    if (name != "MASTER_PORT") environment[name] = value;  // chosen later, when ranks are started
  }
  return {{start_key::kRank, rank.environment.rank},
          {start_key::kGpu, rank.gpu ? json_of(*rank.gpu) : Json()},
          {start_key::kBoundTo, json_of(rank.cores)},
          {start_key::kEnvironment, environment},
          {start_key::kArgv, without_secrets(rank.argv)}};
}

// Paths and arguments may hold any bytes; a bad one becomes U+FFFD instead of an exception.
std::string text_of(const Json& document) {
  return document.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string launch_json(const LaunchPlan& plan, const LaunchFacts& facts) {
  Json ranks = Json::array();
  for (const RankPlan& rank : plan.ranks) ranks.push_back(json_of(rank));
  const Json document = {
      {kFormatVersion, kRecordFormat},
      {start_key::kVersion, DPLAUNCH_VERSION},
      {start_key::kDriver, facts.driver_version.empty() ? Json() : Json(facts.driver_version)},
      {kStartId, plan.start_id},
      {start_key::kHost, host_name()},
      {start_key::kStarted, utc(facts.started)},
      {start_key::kAttempt, plan.attempt},
      {start_key::kLauncherPid, ::getpid()},
      {start_key::kCommandLine, without_secrets(facts.command_line)},
      {start_key::kUsableCores, facts.usable_cores},
      {start_key::kGraceMs, plan.supervision.grace.count()},
      {start_key::kStallTimeoutMs, plan.supervision.stall_timeout.count()},
      {"max_restarts", plan.supervision.max_restarts},
      {"is_own_worker", plan.is_own_worker},
      {start_key::kNotes, plan.notes},
      {start_key::kRanks, ranks},
  };
  return text_of(document) + "\n";
}

std::time_t utc_time(const std::string& text) {
  std::tm fields{};
  return ::strptime(text.c_str(), kTimeFormat, &fields) == nullptr ? 0 : ::timegm(&fields);
}

/// What a record lacks, one of an older dplaunch perhaps, is taken from its place in the list.
RankRecord rank_record(const Json& rank, int place) {
  RankRecord facts;
  facts.rank = static_cast<int>(integer_in(rank, start_key::kRank, place));
  facts.slot = place;
  facts.gpu_uuid = string_in(member_in(rank, start_key::kGpu), start_key::kUuid);
  facts.gpu_name = string_in(member_in(rank, start_key::kGpu), start_key::kName);
  facts.cpus = string_in(member_in(rank, start_key::kBoundTo), start_key::kCpus);
  return facts;
}

std::vector<std::string> words_in(const Json& list) {
  std::vector<std::string> words;
  for (const Json& word : list) {
    if (word.is_string()) words.push_back(word.get<std::string>());
  }
  return words;
}

}  // namespace

int next_attempt(const RunFolder& folder) {
  std::error_code error;
  if (!std::filesystem::exists(folder.launch(), error)) return 1;
  try {
    return read_start(folder).attempt + 1;
  } catch (const Error&) {
    return 2;
  }
}

void write_config(const RunFolder& folder, const Config& config) {
  write_file_atomically(folder.config(), to_yaml(config));
}

void propose_config(const RunFolder& folder, const Config& config) {
  write_file_atomically(folder.proposed_config(), to_yaml(config));
}

void withdraw_config(const RunFolder& folder) {
  std::error_code error;  // One that stays is replaced at the next start.
  if (folder.is_ours()) std::filesystem::remove(folder.proposed_config(), error);
}

void write_launch_record(const LaunchPlan& plan, const LaunchFacts& facts) {
  // Of this start alone: the workers do not wait until it is on the disk.
  write_file_whole(plan.run_folder->launch(), launch_json(plan, facts));
}

std::vector<RankRecord> rank_records(const LaunchPlan& plan) {
  std::vector<RankRecord> records;
  for (const RankPlan& rank : plan.ranks) {
    records.push_back({rank.environment.rank, static_cast<int>(records.size()),
                       rank.gpu ? rank.gpu->uuid : std::string()});
  }
  return records;
}

std::vector<std::string> as_recorded(const std::vector<std::string>& words) {
  return words_in(Json::parse(text_of(without_secrets(words))));
}

StartRecord read_start(const RunFolder& folder) {
  const std::optional<Json> json = read_json_object(folder.launch());
  if (!json) {
    throw Error(ExitCode::kStorage, folder.launch().string() + ": is not there",
                "name a folder that dplaunch made");
  }
  refuse_newer(integer_in(*json, kFormatVersion), folder.launch());
  StartRecord record;
  record.id = string_in(*json, kStartId);
  record.host = string_in(*json, start_key::kHost);
  record.started = utc_time(string_in(*json, start_key::kStarted));
  constexpr std::int64_t kMaxAttempts = 1'000'000'000;
  record.attempt = static_cast<int>(
      std::clamp<std::int64_t>(integer_in(*json, start_key::kAttempt, 1), 1, kMaxAttempts));
  record.launcher_pid = static_cast<pid_t>(integer_in(*json, start_key::kLauncherPid));
  record.grace_ms = integer_in(*json, start_key::kGraceMs);
  record.stall_timeout = std::chrono::milliseconds(
      std::clamp<std::int64_t>(integer_in(*json, start_key::kStallTimeoutMs), 0, 86'400'000));
  record.dplaunch_version = string_in(*json, start_key::kVersion);
  record.driver_version = string_in(*json, start_key::kDriver);
  record.usable_cores = integer_in(*json, start_key::kUsableCores);
  record.command_line = without_secrets(words_in(member_in(*json, start_key::kCommandLine)));
  record.notes = words_in(member_in(*json, start_key::kNotes));
  for (const Json& rank : member_in(*json, start_key::kRanks)) {
    if (record.ranks.empty())
      record.command = without_secrets(words_in(member_in(rank, start_key::kArgv)));
    record.ranks.push_back(rank_record(rank, static_cast<int>(record.ranks.size())));
  }
  return record;
}

}  // namespace dplaunch
