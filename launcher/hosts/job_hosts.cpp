#include "launcher/hosts/job_hosts.h"

#include <fmt/core.h>

#include <utility>

#include "base/process/host_name.h"
#include "base/process/open_file_limit.h"
#include "base/text/words.h"
#include "launcher/hosts/host_address.h"
#include "launcher/hosts/host_token.h"
#include "launcher/hosts/rank_network.h"
#include "launcher/hosts/reach_check.h"
#include "launcher/plan/hosts_left.h"

namespace dplaunch {
namespace {

constexpr char kMembers[] = "members";
constexpr char kFacts[] = "hosts";
constexpr char kAgreement[] = "agreed";

bool is_loopback(const std::string& address) {
  boost::system::error_code error;
  return boost::asio::ip::make_address(address, error).is_loopback() && !error;
}

/// Host 0's, as this host reaches it. Itself it uses the address that others know.
std::string address_of_hub(const HostChannel& channel, const std::vector<HostFacts>& all) {
  if (channel.index() > 0) return channel.hub_address();
  for (const HostFacts& other : all) {
    if (!is_loopback(other.hub_address)) return other.hub_address;
  }
  return channel.hub_address();
}

/// The keys of all are exchanged only where they differ, to say which.
void agree(HostChannel& channel, std::vector<HostFacts>& all, const Agreed& mine) {
  if (!have_agreed(all)) {
    const std::vector<Json> agreed = channel.meet(kAgreement, agreed_json(mine));
    for (std::size_t i = 0; i < all.size(); ++i) all[i].agreed = agreed_from(agreed[i]);
  }
  check_agreement(all);
}

/// By which this host reaches the others.
std::string own_address(const HostChannel& channel, const std::vector<HostFacts>& all) {
  if (channel.index() > 0) return channel.own_address();
  const std::string known = address_of_hub(channel, all);
  // A router may map the one that others know to this host.
  return interface_of(known).empty() ? address_towards(all.back().own_address) : known;
}

}  // namespace

std::unique_ptr<HostChannel> enter_job(Hosts& hosts, std::ostream& err) {
  if (hosts.count == 1) return nullptr;
  raise_open_file_limit();  // host 0 has a connection to each
  ChannelOptions options;
  options.address = hosts.master_addr;
  options.port = static_cast<std::uint16_t>(hosts.master_port);
  options.count = hosts.count;
  if (hosts.has_index) options.index = hosts.index;
  options.job = hosts.job_id;
  options.token = hosts.token;
  options.patience = hosts.rendezvous_timeout;
  options.silence = hosts.host_timeout;
  options.least = hosts.min_count;
  options.last_call = hosts.last_call;
  options.show = [&err](const std::string& line) { err << line + "\n" << std::flush; };
  auto channel = std::make_unique<HostChannel>(std::move(options));
  channel->hear_signals(true);
  channel->enter();
  if (hosts.min_count > 0) {
    channel->meet(kMembers, Json::object());
    hosts.count = channel->count();
  }
  hosts.index = channel->index();
  hosts.has_index = true;
  return channel;
}

std::vector<HostFacts> meet_hosts(HostChannel& channel, Hosts& hosts, HostFacts mine,
                                  const std::string& interface) {
  mine.name = host_name();
  mine.own_address = channel.own_address();
  mine.hub_address = channel.hub_address();
  if (channel.index() == 0) mine.run_id = random_hex(8);
  std::vector<HostFacts> all;
  for (const Json& facts : channel.meet(kFacts, to_json(mine))) {
    all.push_back(host_facts_from(facts));
  }
  std::vector<std::string> names;
  for (const HostFacts& facts : all) names.push_back(facts.name);
  channel.name_hosts(std::move(names));
  agree(channel, all, mine.agreed);
  Meeting met;
  for (const HostFacts& facts : all) met.processes.push_back(facts.processes);
  const HostRanks ranks = ranks_of_host(met.processes, channel.index());
  met.first_rank = ranks.first;
  met.world_size = ranks.world_size;
  met.run_id = all.front().run_id;
  met.address = address_of_hub(channel, all);
  const RankNetwork network = rank_network(interface, own_address(channel, all));
  met.interface = network.interface;
  check_reach(channel, all, network, met.run_id);
  hosts.met = std::move(met);
  return all;
}

std::string hosts_text(const std::vector<HostFacts>& hosts) {
  std::vector<std::string> words;
  int rank = 0;
  for (const HostFacts& host : hosts) {
    const int last = rank + host.processes - 1;
    words.push_back(rank == last ? fmt::format("{} (rank {})", host.name, rank)
                                 : fmt::format("{} (ranks {} to {})", host.name, rank, last));
    rank = last + 1;
  }
  return fmt::format("{}: {}", counted(static_cast<std::int64_t>(hosts.size()), "host"),
                     joined(words));
}

}  // namespace dplaunch
