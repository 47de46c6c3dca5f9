#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "launcher/affinity/share_out.h"

namespace dplaunch {
namespace {

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
  return "not bound: " + std::to_string(cores) + (cores == 1 ? " core" : " cores") + " for " +
         std::to_string(ranks) + " processes; --bind core gives each process cores of its own";
}

}  // namespace

JobBinding share_cores(const MachineLayout& layout, const BindRequest& request,
                       const std::vector<Near>& near_of) {
  JobBinding job;
  job.ranks.resize(near_of.size());
  for (Group& group : competing_ranks(near_of)) {
    sort_by_place(group.ranks, near_of);
    const std::vector<Cpus> cores = cores_in(layout, group.domains);
    if (cores.size() < group.ranks.size()) {
      JobBinding unbound = bind_nothing(request);
      unbound.notes.push_back(too_few(cores.size(), group.ranks.size()));
      return unbound;
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
