#include "launcher/view/run_view.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace dplaunch {
namespace {

/// Of a job with more, each host has one line.
constexpr std::size_t kMostRanksOneByOne = 64;

RankProgress rank_progress_of(const RankView& rank) {
  return rank.elsewhere.value_or(RankProgress{rank.rank, rank.rank, rank.status, {}, 0});
}

/// All of them are of one host.
RankView host_view(const std::vector<RankView>& ranks, std::int64_t now_ns) {
  std::vector<RankProgress> all;
  for (const RankView& rank : ranks) all.push_back(rank_progress_of(rank));
  RankView view = ranks.front();
  if (!view.elsewhere) view.told_ns = now_ns;
  view.gpu.reset();
  view.elsewhere = summary_of(all);
  view.status = view.elsewhere->status;
  return view;
}

}  // namespace

std::string rank_words(const RankView& rank) {
  const int last = rank.elsewhere ? rank.elsewhere->last_rank : rank.rank;
  return fmt::format("[{}{}{}{}]", rank.host, rank.host.empty() ? "" : ":", rank.rank,
                     last > rank.rank ? fmt::format("-{}", last) : std::string());
}

std::vector<RankView> shown_ranks(const RunView& run) {
  std::vector<RankView> ranks = run.ranks;
  std::sort(ranks.begin(), ranks.end(),
            [](const RankView& a, const RankView& b) { return a.rank < b.rank; });
  if (run.other_hosts.empty() || ranks.size() <= kMostRanksOneByOne) return ranks;
  std::vector<std::vector<RankView>> hosts;
  for (RankView& rank : ranks) {
    if (hosts.empty() || hosts.back().front().host_index != rank.host_index) hosts.emplace_back();
    hosts.back().push_back(std::move(rank));
  }
  std::vector<RankView> views;
  for (const auto& host : hosts) views.push_back(host_view(host, run.now_ns));
  return views;
}

}  // namespace dplaunch
