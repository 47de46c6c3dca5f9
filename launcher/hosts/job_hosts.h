#pragma once

#include <memory>
#include <ostream>

#include "launcher/hosts/host_channel.h"
#include "launcher/hosts/host_facts.h"
#include "launcher/plan/launch_plan.h"

namespace dplaunch {

/// Connects to the launchers of the job's other hosts, and knows this host's index then; nullptr
/// for a job on one host. Where the job may begin without some hosts it knows how many there are,
/// too, which may be this one alone. What there is to wait for is said on `err`. Throws as
/// HostChannel::enter().
std::unique_ptr<HostChannel> enter_job(Hosts& hosts, std::ostream& err);

/// The first meeting of all hosts of a job: each brings what it has, all hold it against the
/// others', and `hosts.met` says what follows from it. `mine` need not have its addresses.
/// `interface`: that the ranks of this host use (named_interface()), empty: the one that reaches
/// the others. Returns all hosts' facts, by index. Throws Error(kUsage, kData) for what differs,
/// and Error(kRendezvous) where ranks would not reach each other, the same on all hosts.
std::vector<HostFacts> meet_hosts(HostChannel& channel, Hosts& hosts, HostFacts mine,
                                  const std::string& interface);

/// Does what may end in an error, which the other hosts are told of then.
template <typename Action>
auto told_to_others(HostChannel* channel, const Action& action) {
  try {
    return action();
  } catch (const Error& error) {
    if (channel != nullptr) channel->refuse(error);
    throw;
  }
}

/// "2 hosts: dpl-h0 (ranks 0 to 3), dpl-h1 (rank 4)".
std::string hosts_text(const std::vector<HostFacts>& hosts);

}  // namespace dplaunch
