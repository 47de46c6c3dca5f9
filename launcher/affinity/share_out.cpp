#include "launcher/affinity/share_out.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>

#include "base/text/words.h"

namespace dplaunch {
namespace {

/// Part `index` of `parts` contiguous, equally large ones.
struct Part {
  Part(std::size_t size, std::size_t index, std::size_t parts)
      : begin(size * index / parts), end(size * (index + 1) / parts) {}
  std::size_t begin;
  std::size_t end;
};

// --- nodes ---------------------------------------------------------------------------------------

/// The domains in which a rank's even share of all CPUs lies.
Domains spread(const MachineLayout& layout, std::size_t rank, std::size_t ranks) {
  const Cpus cpus = cpus_in(layout, all_domains(layout));
  const Part part(cpus.size(), rank, ranks);
  const auto first = cpus.begin() + static_cast<std::ptrdiff_t>(part.begin);
  const auto count = std::max<std::size_t>(1, part.end - part.begin);
  return domains_of(layout, Cpus(first, first + static_cast<std::ptrdiff_t>(count)));
}

/// Each CPU is divided among the ranks that may run on it.
void share_cpus_fairly(std::vector<CpuBinding>& ranks) {
  std::map<int, int> users;
  for (const CpuBinding& rank : ranks) {
    for (const int cpu : rank.cpus) ++users[cpu];
  }
  for (CpuBinding& rank : ranks) {
    // So many thirds do not add up to a whole number: 1e-6 makes up for the rounding error.
    double share = 1e-6;
    for (const int cpu : rank.cpus) share += 1.0 / users[cpu];
    rank.share_cpus = static_cast<int>(share);
  }
}

// --- cores ---------------------------------------------------------------------------------------

bool have_common_domain(const Domains& a, const Domains& b) {
  return std::any_of(a.begin(), a.end(),
                     [&b](std::size_t i) { return std::binary_search(b.begin(), b.end(), i); });
}

Domains merged(const Domains& a, const Domains& b) {
  Domains both;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return both;
}

/// Ranks that compete for the same domains.
struct Group {
  Domains domains;
  std::vector<std::size_t> ranks;
};

std::vector<Group> competing_ranks(const std::vector<Near>& near_of) {
  std::vector<Group> groups;
  for (std::size_t rank = 0; rank < near_of.size(); ++rank) {
    Group group{near_of[rank].domains, {rank}};
    std::erase_if(groups, [&group](const Group& other) {
      if (!have_common_domain(group.domains, other.domains)) return false;
      group.domains = merged(group.domains, other.domains);
      group.ranks.insert(group.ranks.end(), other.ranks.begin(), other.ranks.end());
      return true;
    });
    groups.push_back(std::move(group));
  }
  return groups;
}

/// Cores and ranks run in the same direction through the machine, so each rank gets some near it.
void sort_by_place(std::vector<std::size_t>& ranks, const std::vector<Near>& near_of) {
  std::sort(ranks.begin(), ranks.end(), [&near_of](std::size_t a, std::size_t b) {
    return std::pair(near_of[a].domains.front(), a) < std::pair(near_of[b].domains.front(), b);
  });
}

std::string too_few(std::size_t cores, std::size_t ranks) {
  return fmt::format(
      "not bound: {} for {} processes; --bind core gives each process cores of its own",
      counted(static_cast<std::int64_t>(cores), "core"), ranks);
}

}  // namespace

std::vector<CpuBinding> share_nodes(const MachineLayout& layout, const std::vector<Near>& near_of) {
  const std::size_t count = near_of.size();
  std::vector<CpuBinding> ranks(count);
  for (std::size_t rank = 0; rank < count; ++rank) {
    ranks[rank].cpus = cpus_in(
        layout, near_of[rank].has_gpu ? near_of[rank].domains : spread(layout, rank, count));
    std::sort(ranks[rank].cpus.begin(), ranks[rank].cpus.end());
  }
  const bool has_gpus =
      std::any_of(near_of.begin(), near_of.end(), [](const Near& near) { return near.has_gpu; });
  if (has_gpus) {
    share_cpus_fairly(ranks);
  } else {
    const std::size_t cpus = cpus_in(layout, all_domains(layout)).size();
    for (CpuBinding& rank : ranks) rank.share_cpus = static_cast<int>(cpus / count);
  }
  return ranks;
}

JobBinding share_cores(const MachineLayout& layout, const std::vector<Near>& near_of) {
  JobBinding job;
  job.ranks.resize(near_of.size());
  for (Group& group : competing_ranks(near_of)) {
    sort_by_place(group.ranks, near_of);
    const std::vector<Cpus> cores = cores_in(layout, group.domains);
    if (cores.size() < group.ranks.size()) {
      return {{}, {too_few(cores.size(), group.ranks.size())}};
    }
    for (std::size_t i = 0; i < group.ranks.size(); ++i) {
      const Part part(cores.size(), i, group.ranks.size());
      CpuBinding& binding = job.ranks[group.ranks[i]];
      for (std::size_t core = part.begin; core < part.end; ++core) {
        binding.cpus.insert(binding.cpus.end(), cores[core].begin(), cores[core].end());
      }
      std::sort(binding.cpus.begin(), binding.cpus.end());
      binding.share_cpus = static_cast<int>(binding.cpus.size());
    }
  }
  return job;
}

}  // namespace dplaunch
