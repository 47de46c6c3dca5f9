#include <algorithm>
#include <map>

#include "launcher/affinity/share_out.h"

namespace dplaunch {
namespace {

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
    // A machine's numbers of users are small; so is the error that 1e-6 makes up for.
    double share = 1e-6;
    for (const int cpu : rank.cpus) share += 1.0 / users[cpu];
    rank.share_cpus = static_cast<int>(share);
  }
}

}  // namespace

std::vector<CpuBinding> share_nodes(const MachineLayout& layout, const BindRequest& request,
                                    const std::vector<Near>& near_of) {
  const std::size_t count = request.gpus.size();
  std::vector<CpuBinding> ranks(count);
  for (std::size_t rank = 0; rank < count; ++rank) {
    ranks[rank].cpus =
        cpus_in(layout, request.gpus[rank] ? near_of[rank].domains : spread(layout, rank, count));
    std::sort(ranks[rank].cpus.begin(), ranks[rank].cpus.end());
  }
  const bool has_gpus = std::any_of(request.gpus.begin(), request.gpus.end(),
                                    [](const auto& gpu) { return gpu.has_value(); });
  if (has_gpus) {
    share_cpus_fairly(ranks);
  } else {
    const std::size_t cpus = cpus_in(layout, all_domains(layout)).size();
    for (CpuBinding& rank : ranks) rank.share_cpus = static_cast<int>(cpus / count);
  }
  return ranks;
}

}  // namespace dplaunch
