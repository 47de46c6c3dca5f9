#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "launcher/hosts/host_channel.h"
#include "launcher/hosts/host_facts.h"
#include "launcher/hosts/rank_network.h"

namespace dplaunch {

/// Sees that the ranks of all hosts will reach each other, before one of them is started; else
/// they would wait for each other until their time-out. Each launcher listens for a moment where
/// its ranks will, on a port that the kernel chooses as it will for them, and connects to all
/// others at once; in a job of more than 8 hosts to host 0, where the ranks' store will be, and to
/// the 3 that follow it in a ring. The greeting that it hears tells that it met that host of this
/// job. Whoever has not answered after 3 s is not reached. `run_id`: of this job alone. Throws
/// Error(kRendezvous), on all hosts the same, which names two hosts, the address and the interface.
void check_reach(HostChannel& channel, const std::vector<HostFacts>& hosts,
                 const RankNetwork& network, const std::string& run_id);

/// The hosts to which host `index` of `count` connects.
std::vector<std::size_t> hosts_to_reach(std::size_t index, std::size_t count);

}  // namespace dplaunch
