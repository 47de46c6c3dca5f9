#pragma once

#include <optional>
#include <string_view>

namespace dplaunch {

/// The alpha-beta model of a link: `bytes` in one message take latency_s + bytes /
/// bytes_per_second, both ways at once.
struct Link {
  double bytes_per_second = 0;
  double latency_s = 0;
};

/// Ranks are laid host by host. All processes of a host share its link to the others.
struct Network {
  Link between_hosts;
  Link within_host;
  int processes_per_host = 1;
};

enum class AllReduceAlgorithm { kAuto, kRing, kHalvingDoubling, kTree, kHierarchical };

/// "auto", "ring", "halving-doubling", "tree", "hierarchical"; nullopt for another word.
std::optional<AllReduceAlgorithm> algorithm_of(std::string_view word);
std::string_view to_word(AllReduceAlgorithm algorithm);

/// How long an all-reduce of `bytes` over p = `processes` takes, in seconds; 0 for one process.
/// With a the latency, B the bandwidth, the time for adding up left out, and a host's share of its
/// link where several of its processes use it at once:
///
/// * ring: 2 (p-1) a + 2 (p-1)/p bytes/B (Patarasuk and Yuan 2009, "Bandwidth optimal all-reduce
///   algorithms"; Thakur, Rabenseifner and Gropp 2005, "Optimization of collective communication
///   operations in MPICH"). B of the slowest link; 2 (hosts-1) of the messages go between hosts.
/// * halving-doubling: 2 lg p a + 2 (p-1)/p bytes/B (Rabenseifner's algorithm, the same paper).
/// Where
///   p is no power of two, the ranks too many send theirs to a neighbour before and get the sum
///   after: 2 (a + bytes/B) more.
/// * tree: 2 ceil(lg p) a + 2 bytes/B; between hosts with chains inside each:
///   2 (ceil(lg hosts) a_between + (p_host - 1) a_within) + 2 bytes/B (double binary trees:
///   Sanders, Speck and Traeff 2009, "Two-tree algorithms for full bandwidth broadcast, reduction
///   and scan", as NCCL's tuning model counts them, src/graph/tuning.cc). The filling of the
///   pipeline is left out.
/// * hierarchical: reduce-scatter and all-gather within each host by a ring, and between them rings
///   over the hosts, each of a share, that together carry `bytes` over a host's link.
/// * auto: the faster of ring and tree, between which NCCL chooses by such predictions.
///
/// `processes` and processes_per_host are at least 1.
double all_reduce_seconds(AllReduceAlgorithm algorithm, double bytes, int processes,
                          const Network& network);

}  // namespace dplaunch
