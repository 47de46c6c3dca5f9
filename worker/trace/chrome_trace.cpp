#include "worker/trace/chrome_trace.h"

#include <cstdint>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/files/atomic_file.h"

namespace dplaunch {
namespace {

using nlohmann::json;

/// No thread or stream of a GPU has so high a number.
constexpr std::int64_t kExposedTrack = 1'000'000'000;
/// Far more arrows than a trace of some steps has, and exact in a double, which viewers use.
constexpr std::int64_t kFlowIdsPerRank = std::int64_t{1} << 32;

json read_trace(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw Error(ExitCode::kStorage, path.string() + ": the profiler wrote no trace");
  json trace = json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (trace.is_object() && trace.contains("traceEvents") && trace["traceEvents"].is_array()) {
    return trace;
  }
  throw Error(ExitCode::kStorage, path.string() + ": is not a whole trace",
              "is the disk full? Run again with --trace");
}

void write_trace(const std::filesystem::path& path, json events, std::int64_t base_ns) {
  const json trace = {{"displayTimeUnit", "ms"},
                      {"baseTimeNanoseconds", base_ns},
                      {"traceEvents", std::move(events)}};
  write_file_whole(path, trace.dump(-1, ' ', false, json::error_handler_t::replace));
}

std::int64_t base_ns(const json& trace) {
  return trace.value("baseTimeNanoseconds", std::int64_t{0});
}

/// The profiler's own marks have words in place of a process id.
bool is_of_process(const json& event) {
  return event.is_object() && event.contains("pid") && event["pid"].is_number();
}

/// What is said of processes and tracks, not of time.
bool is_metadata(const json& event) {
  return event.value("ph", "") == "M";
}

/// Names of the tracks by what runs on them. The profiler's own are those of threads, and it gives
/// some threads two.
using TrackNames = std::map<json, std::string>;

TrackNames name_tracks(const json& events) {
  TrackNames names = {{kExposedTrack, kExposedAllReduce}};
  for (const json& event : events) {
    if (!is_of_process(event) || is_metadata(event) || !event.contains("tid")) continue;
    const std::string name = event.value("name", "");
    if (event["pid"] == event["tid"]) names.try_emplace(event["tid"], "training");
    if (name.starts_with("gloo:")) names.try_emplace(event["tid"], "Gloo");
  }
  return names;
}

bool is_superseded(const json& metadata, const TrackNames& names) {
  const std::string name = metadata.value("name", "");
  if (name.starts_with("process_")) return true;
  return name == "thread_name" && names.contains(metadata.value("tid", json()));
}

void mark_as_of_rank(json& event, int rank) {
  event["pid"] = rank;
  if (event.value("name", "") == kExposedAllReduce) event["tid"] = kExposedTrack;
  if (event.contains("id") && event["id"].is_number_integer()) {
    event["id"] = event["id"].get<std::int64_t>() + rank * kFlowIdsPerRank;
  }
}

}  // namespace

void normalize_rank_trace(const std::filesystem::path& path, const TracedRank& traced) {
  json trace = read_trace(path);
  const TrackNames names = name_tracks(trace["traceEvents"]);
  json events = json::array();
  const auto add_metadata = [&](const char* what, const json& track, json args) {
    events.push_back({{"ph", "M"},
                      {"name", what},
                      {"pid", traced.rank},
                      {"tid", track},
                      {"args", std::move(args)}});
  };
  add_metadata("process_name", 0, {{"name", traced.label}});
  add_metadata("process_sort_index", 0, {{"sort_index", traced.rank}});
  add_metadata("thread_sort_index", kExposedTrack, {{"sort_index", kExposedTrack}});
  for (const auto& [track, name] : names) add_metadata("thread_name", track, {{"name", name}});
  for (json& event : trace["traceEvents"]) {
    if (!is_of_process(event) || (is_metadata(event) && is_superseded(event, names))) continue;
    mark_as_of_rank(event, traced.rank);
    events.push_back(std::move(event));
  }
  write_trace(path, std::move(events), base_ns(trace));
}

void merge_traces(const std::vector<std::filesystem::path>& traces,
                  const std::filesystem::path& merged) {
  json events = json::array();
  std::int64_t axis_ns = 0;
  for (const std::filesystem::path& path : traces) {
    json trace = read_trace(path);
    if (events.empty()) axis_ns = base_ns(trace);
    const double shift_us = static_cast<double>(base_ns(trace) - axis_ns) * 1e-3;
    for (json& event : trace["traceEvents"]) {
      if (shift_us != 0 && event.contains("ts")) event["ts"] = event["ts"].get<double>() + shift_us;
      events.push_back(std::move(event));
    }
  }
  write_trace(merged, std::move(events), axis_ns);
}

}  // namespace dplaunch
