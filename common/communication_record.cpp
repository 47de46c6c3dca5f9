#include "common/communication_record.h"

#include <fmt/core.h>

#include <array>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/files/json_fields.h"
#include "base/text/words.h"
#include "common/record_keys.h"

namespace dplaunch {
namespace {

struct NamedCollective {
  Collective collective;
  const char* name;
};
constexpr std::array kNames = {NamedCollective{Collective::kAllReduce, "all_reduce"},
                               NamedCollective{Collective::kBroadcast, "broadcast"},
                               NamedCollective{Collective::kAllGather, "all_gather"}};

namespace key {
constexpr char kProcesses[] = "processes";
constexpr char kBackend[] = "backend";
constexpr char kDevice[] = "device";
constexpr char kBuckets[] = "bucket_bytes";
constexpr char kResults[] = "results";
constexpr char kLeftOut[] = "left_out";
constexpr char kCompress[] = "compress_us";
constexpr char kCollective[] = "collective";
constexpr char kBytes[] = "bytes";
constexpr char kCount[] = "count";
constexpr char kType[] = "type";
constexpr char kIsBucket[] = "is_bucket";
constexpr char kTimes[] = "times_us";
}  // namespace key

Json to_json(const MeasuredCollective& measured) {
  return {{key::kCollective, name_of(measured.collective)},
          {key::kBytes, measured.bytes},
          {key::kCount, measured.count},
          {key::kType, measured.type},
          {key::kIsBucket, measured.is_bucket},
          {key::kTimes, measured.times_us}};
}

Json to_json(const LeftOutCollective& left_out) {
  return {{key::kCollective, name_of(left_out.collective)}, {key::kBytes, left_out.bytes}};
}

/// The exceptions of the JSON library are read_communication()'s to explain.
Collective collective_in(const Json& object) {
  return collective_named(object.at(key::kCollective).get<std::string>()).value();
}

MeasuredCollective measured_in(const Json& object) {
  return {collective_in(object),
          object.at(key::kBytes).get<std::int64_t>(),
          object.at(key::kCount).get<std::int64_t>(),
          object.at(key::kType).get<std::string>(),
          object.at(key::kIsBucket).get<bool>(),
          object.at(key::kTimes).get<std::vector<double>>()};
}

CommunicationRecord record_in(const Json& object) {
  CommunicationRecord record;
  record.processes = object.at(key::kProcesses).get<int>();
  record.backend = object.at(key::kBackend).get<std::string>();
  record.device = object.at(key::kDevice).get<std::string>();
  record.bucket_bytes = object.at(key::kBuckets).get<std::vector<std::int64_t>>();
  for (const Json& each : object.at(key::kResults)) record.results.push_back(measured_in(each));
  for (const Json& each : object.at(key::kLeftOut)) {
    record.left_out.push_back({collective_in(each), each.at(key::kBytes).get<std::int64_t>()});
  }
  if (object.contains(key::kCompress)) {  // not in those of an earlier dplaunch
    record.compress_us = object.at(key::kCompress).get<std::vector<double>>();
  }
  return record;
}

}  // namespace

const char* name_of(Collective collective) {
  for (const NamedCollective& each : kNames) {
    if (each.collective == collective) return each.name;
  }
  return "";
}

std::optional<Collective> collective_named(const std::string& name) {
  for (const NamedCollective& each : kNames) {
    if (name == each.name) return each.collective;
  }
  return std::nullopt;
}

std::vector<std::string> to_arguments(const CommunicationRequest& request) {
  std::vector<std::string> names;
  for (const Collective collective : request.collectives) names.emplace_back(name_of(collective));
  std::vector<std::string> words = {"--measure-communication",
                                    joined(names, ","),
                                    "--min-bytes",
                                    std::to_string(request.min_bytes),
                                    "--max-bytes",
                                    std::to_string(request.max_bytes),
                                    "--size-factor",
                                    fmt::format("{}", request.factor),
                                    "--seconds",
                                    fmt::format("{}", request.seconds)};
  if (request.with_buckets) words.emplace_back("--buckets");
  if (request.with_both_types) words.emplace_back("--both-types");
  return words;
}

void write_communication(const std::filesystem::path& path, const CommunicationRecord& record) {
  Json results = Json::array();
  for (const MeasuredCollective& each : record.results) results.push_back(to_json(each));
  Json left_out = Json::array();
  for (const LeftOutCollective& each : record.left_out) left_out.push_back(to_json(each));
  const Json json = {{kFormatVersion, kRecordFormat},      {key::kProcesses, record.processes},
                     {key::kBackend, record.backend},      {key::kDevice, record.device},
                     {key::kBuckets, record.bucket_bytes}, {key::kResults, std::move(results)},
                     {key::kLeftOut, std::move(left_out)}, {key::kCompress, record.compress_us}};
  write_file_atomically(path, json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::optional<CommunicationRecord> read_communication(const std::filesystem::path& path) {
  const std::optional<Json> json = read_json_object(path);
  if (!json) return std::nullopt;
  refuse_newer(integer_in(*json, kFormatVersion, kRecordFormat), path);
  try {
    return record_in(*json);
  } catch (const std::exception& error) {
    throw Error(ExitCode::kStorage,
                fmt::format("{}: is no record of a measurement: {}", path.string(), error.what()));
  }
}

}  // namespace dplaunch
