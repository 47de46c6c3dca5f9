#include "launcher/runs/hosts_file.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/text/printable.h"
#include "common/record_keys.h"
#include "launcher/report/rank_status_json.h"

namespace dplaunch {
namespace {

constexpr char kName[] = "name";
constexpr char kIndex[] = "index";
constexpr char kFirstRank[] = "first_rank";
constexpr char kHosts[] = "hosts";
constexpr char kRanks[] = "ranks";

/// The one that is furthest behind first.
auto place(const RankProgress& rank) {
  const RankStatus status = rank.status.value_or(RankStatus());
  return std::tuple(status.epoch, status.step, static_cast<int>(status.phase));
}

int int_in(const Json& object, const char* key) {
  return static_cast<int>(
      std::clamp<std::int64_t>(integer_in(object, key), 0, std::numeric_limits<int>::max()));
}

Json rank_json(const RankProgress& rank, std::int64_t offset_ns) {
  Json json = {{"rank", rank.rank}, {"output_ns", moved_time_ns(rank.output_ns, offset_ns)}};
  if (rank.last_rank != rank.rank) json["last_rank"] = rank.last_rank;
  if (rank.status) json["status"] = to_json(*rank.status, offset_ns);
  if (rank.end) json["end"] = {{"exit_code", rank.end->exit_code}, {"signal", rank.end->signal}};
  return json;
}

RankProgress rank_from(const Json& json, std::int64_t offset_ns) {
  RankProgress rank;
  rank.rank = int_in(json, "rank");
  rank.last_rank = std::max(rank.rank, int_in(json, "last_rank"));
  rank.output_ns = moved_time_ns(integer_in(json, "output_ns"), offset_ns);
  if (json.contains("status")) {
    rank.status = rank_status_from(member_in(json, "status"), offset_ns);
  }
  if (json.contains("end")) {
    const Json& end = member_in(json, "end");
    rank.end = RankEnd{rank.rank, int_in(end, "exit_code"), int_in(end, "signal")};
  }
  return rank;
}

}  // namespace

std::filesystem::path hosts_file(const RunFolder& folder) {
  return folder.root() / "hosts.json";
}

RankProgress summary_of(const std::vector<RankProgress>& ranks) {
  RankProgress summary = *std::min_element(
      ranks.begin(), ranks.end(), [](const auto& a, const auto& b) { return place(a) < place(b); });
  summary.rank = ranks.front().rank;
  summary.last_rank = ranks.back().last_rank;
  double images_per_second = 0;
  for (const RankProgress& rank : ranks) {
    if (rank.status) images_per_second += rank.status->images_per_second;
    if (!rank.end) summary.end.reset();  // some still run
  }
  if (summary.status) summary.status->images_per_second = images_per_second;
  return summary;
}

Json to_json(const HostProgress& host, std::int64_t offset_ns) {
  Json ranks = Json::array();
  for (const RankProgress& rank : host.ranks) ranks.push_back(rank_json(rank, offset_ns));
  Json json = {{kIndex, host.index},
               {kName, host.name},
               {"at_ns", moved_time_ns(host.at_ns, offset_ns)},
               {kRanks, std::move(ranks)}};
  if (!host.lost.empty()) {
    json["lost"] = host.lost;
    json["lost_unix"] = host.lost_unix;
  }
  return json;
}

HostProgress host_progress_from(const Json& json, std::int64_t offset_ns) {
  HostProgress host;
  host.index = int_in(json, kIndex);
  host.name = printable(string_in(json, kName));
  host.at_ns = moved_time_ns(integer_in(json, "at_ns"), offset_ns);
  for (const Json& rank : member_in(json, kRanks)) {
    if (rank.is_object()) host.ranks.push_back(rank_from(rank, offset_ns));
  }
  host.lost = printable(string_in(json, "lost"));
  host.lost_unix = integer_in(json, "lost_unix");
  return host;
}

void write_hosts(const RunFolder& folder, const std::string& start_id, const HostsRecord& record) {
  if (!folder.is_ours()) return;
  Json hosts = Json::array();
  for (const HostProgress& host : record.others) hosts.push_back(to_json(host, 0));
  const Json json = {{kStartId, start_id},
                     {kName, record.own_name},
                     {kIndex, record.own_index},
                     {kFirstRank, record.own_first_rank},
                     {kHosts, std::move(hosts)}};
  try {
    write_file_whole(hosts_file(folder),
                     json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  } catch (const Error&) {
    return;
  }
}

std::optional<HostsRecord> read_hosts(const RunFolder& folder, const std::string& start_id) {
  try {
    const std::optional<Json> json = read_json_object(hosts_file(folder));
    if (!json || string_in(*json, kStartId) != start_id) return {};
    HostsRecord record;
    record.own_name = printable(string_in(*json, kName));
    record.own_index = int_in(*json, kIndex);
    if (integer_in(*json, kFirstRank, -1) >= 0) record.own_first_rank = int_in(*json, kFirstRank);
    for (const Json& host : member_in(*json, kHosts)) {
      if (host.is_object()) record.others.push_back(host_progress_from(host, 0));
    }
    return record;
  } catch (const Error&) {
    return {};
  }
}

}  // namespace dplaunch
