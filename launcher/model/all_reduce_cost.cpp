#include "launcher/model/all_reduce_cost.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace dplaunch {
namespace {

/// The processes as they lie on hosts.
struct Layout {
  Layout(int total, const Network& network)
      : processes(total),
        per_host(std::min(total, network.processes_per_host)),
        hosts((total + per_host - 1) / per_host),
        slowest(hosts > 1 ? network.between_hosts : network.within_host) {}

  int processes;
  int per_host;
  int hosts;
  const Link& slowest;
};

double message_seconds(double bytes, const Link& link) {
  return link.latency_s + bytes / link.bytes_per_second;
}

double ring_seconds(double bytes, int members, const Link& link) {
  return 2 * (members - 1) * message_seconds(bytes / members, link);
}

/// A piece of the sum passes all ranks, and only a few of its ways lead from host to host.
double ring_seconds(double bytes, const Layout& layout, const Network& network) {
  const int between = layout.hosts - 1;
  const int within = layout.processes - 1 - between;
  return 2 * (between * network.between_hosts.latency_s + within * network.within_host.latency_s) +
         2 * (layout.processes - 1) * (bytes / layout.processes) / layout.slowest.bytes_per_second;
}

int ceil_log2(int value) {
  return std::bit_width(static_cast<unsigned>(value) - 1);
}

double halving_doubling_seconds(double bytes, const Layout& layout, const Network& network) {
  const int members = static_cast<int>(std::bit_floor(static_cast<unsigned>(layout.processes)));
  double seconds = 0;
  for (int distance = members / 2; distance >= 1; distance /= 2) {
    const bool leaves_host = layout.hosts > 1 && distance >= layout.per_host;
    // All of a host's ranks are at this round at the same time.
    const double on_link = bytes * distance / members * (leaves_host ? layout.per_host : 1);
    seconds += 2 * message_seconds(on_link, leaves_host ? layout.slowest : network.within_host);
  }
  if (members != layout.processes) seconds += 2 * message_seconds(bytes, layout.slowest);
  return seconds;
}

double tree_seconds(double bytes, const Layout& layout, const Network& network) {
  const double bandwidth_part = 2 * bytes / layout.slowest.bytes_per_second;
  if (layout.hosts == 1) {
    return 2 * ceil_log2(layout.processes) * layout.slowest.latency_s + bandwidth_part;
  }
  return 2 * (ceil_log2(layout.hosts) * network.between_hosts.latency_s +
              (layout.per_host - 1) * network.within_host.latency_s) +
         bandwidth_part;
}

double hierarchical_seconds(double bytes, const Layout& layout, const Network& network) {
  return ring_seconds(bytes, layout.per_host, network.within_host) +
         ring_seconds(bytes, layout.hosts, network.between_hosts);
}

constexpr std::array<std::pair<std::string_view, AllReduceAlgorithm>, 5> kWords = {{
    {"auto", AllReduceAlgorithm::kAuto},
    {"ring", AllReduceAlgorithm::kRing},
    {"halving-doubling", AllReduceAlgorithm::kHalvingDoubling},
    {"tree", AllReduceAlgorithm::kTree},
    {"hierarchical", AllReduceAlgorithm::kHierarchical},
}};

}  // namespace

std::optional<AllReduceAlgorithm> algorithm_of(std::string_view word) {
  for (const auto& [name, algorithm] : kWords) {
    if (name == word) return algorithm;
  }
  return std::nullopt;
}

std::string_view to_word(AllReduceAlgorithm algorithm) {
  for (const auto& [name, value] : kWords) {
    if (value == algorithm) return name;
  }
  return "";
}

double all_reduce_seconds(AllReduceAlgorithm algorithm, double bytes, int processes,
                          const Network& network) {
  if (processes == 1) return 0;
  const Layout layout(processes, network);
  switch (algorithm) {
    case AllReduceAlgorithm::kRing:
      return ring_seconds(bytes, layout, network);
    case AllReduceAlgorithm::kHalvingDoubling:
      return halving_doubling_seconds(bytes, layout, network);
    case AllReduceAlgorithm::kTree:
      return tree_seconds(bytes, layout, network);
    case AllReduceAlgorithm::kHierarchical:
      return hierarchical_seconds(bytes, layout, network);
    case AllReduceAlgorithm::kAuto:
      break;
  }
  return std::min(ring_seconds(bytes, layout, network), tree_seconds(bytes, layout, network));
}

}  // namespace dplaunch
