#include "launcher/hosts/reach_check.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/error.h"
#include "base/text/printable.h"
#include "base/text/words.h"
#include "launcher/hosts/host_message.h"
#include "launcher/hosts/host_token.h"
#include "launcher/hosts/reach_test.h"

namespace dplaunch {
namespace {

constexpr char kDoors[] = "doors";
constexpr char kReached[] = "reached";
constexpr std::chrono::seconds kPatience{3};
constexpr std::size_t kMostThatMeetAll = 8;
constexpr std::size_t kNeighbours = 3;

/// Where a host listens, as it says.
struct Door {
  RankNetwork network;
  int port = 0;
};

Json door_json(const Door& door) {
  return {{"interface", door.network.interface},
          {"address", door.network.address},
          {"port", door.port}};
}

Door door_from(const Json& json) {
  Door door;
  door.network.interface = printable(string_in(json, "interface"));
  door.network.address = printable(string_in(json, "address"));
  door.port = static_cast<int>(std::clamp<std::int64_t>(integer_in(json, "port"), 0, 65535));
  return door;
}

/// What only a host of this job says, and no other of it.
std::string greeting_of(std::size_t host, const std::string& run_id) {
  return proof(run_id, fmt::format("dplaunch host {}", host));
}

struct Unreached {
  std::size_t from = 0;
  std::size_t to = 0;
  std::string problem;
};

Json unreached_json(const std::vector<std::size_t>& targets,
                    const std::vector<std::string>& problems) {
  Json unreached = Json::array();
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (!problems[i].empty()) unreached.push_back({{"to", targets[i]}, {"problem", problems[i]}});
  }
  return unreached;
}

std::vector<Unreached> all_unreached(const std::vector<Json>& of_hosts) {
  std::vector<Unreached> all;
  for (std::size_t from = 0; from < of_hosts.size(); ++from) {
    for (const Json& one : of_hosts[from]) {
      const auto to = static_cast<std::size_t>(integer_in(one, "to"));
      if (to < of_hosts.size()) all.push_back({from, to, printable(string_in(one, "problem"))});
    }
  }
  return all;
}

Error unreached_error(const std::vector<HostFacts>& hosts, const std::vector<Door>& doors,
                      const std::vector<Unreached>& unreached) {
  const auto words = [&](std::size_t host) {
    return host_words(static_cast<int>(host), hosts[host].name, doors[host].network.address);
  };
  const Unreached& first = unreached.front();
  const RankNetwork& there = doors[first.to].network;
  const auto more = static_cast<std::int64_t>(unreached.size()) - 1;
  return Error(
      ExitCode::kRendezvous,
      fmt::format("{} cannot reach {} at {}, port {}{}: {}{}", words(first.from), words(first.to),
                  there.address, doors[first.to].port,
                  there.interface.empty() ? "" : fmt::format(" (interface {})", there.interface),
                  first.problem,
                  more > 0 ? fmt::format("; and {}", counted(more, "more pair")) : ""),
      "let the hosts of the job reach each other's TCP ports: in a firewall those that the kernel "
      "chooses (sysctl net.ipv4.ip_local_port_range), or name the network interface that they "
      "share "
      "with GLOO_SOCKET_IFNAME and NCCL_SOCKET_IFNAME; docs/clusters/plain-hosts.md has both");
}

}  // namespace

std::vector<std::size_t> hosts_to_reach(std::size_t index, std::size_t count) {
  std::vector<std::size_t> others;
  for (std::size_t other = 0; other < count; ++other) {
    const std::size_t behind = (other + count - index) % count;
    if (behind == 0) continue;
    if (count <= kMostThatMeetAll || other == 0 || behind <= kNeighbours) others.push_back(other);
  }
  return others;
}

void check_reach(HostChannel& channel, const std::vector<HostFacts>& hosts,
                 const RankNetwork& network, const std::string& run_id) {
  const auto index = static_cast<std::size_t>(channel.index());
  ReachTest test(network.address, greeting_of(index, run_id));
  std::vector<Door> doors;
  for (const Json& door : channel.meet(kDoors, door_json(Door{network, test.port()}))) {
    doors.push_back(door_from(door));
  }
  const std::vector<std::size_t> targets = hosts_to_reach(index, doors.size());
  std::vector<ReachTest::Other> others;
  for (const std::size_t host : targets) {
    others.push_back({doors[host].network.address, doors[host].port, greeting_of(host, run_id)});
  }
  const std::vector<std::string> problems = test.meet(others, kPatience);
  const auto unreached = all_unreached(channel.meet(kReached, unreached_json(targets, problems)));
  if (!unreached.empty()) throw unreached_error(hosts, doors, unreached);
}

}  // namespace dplaunch
