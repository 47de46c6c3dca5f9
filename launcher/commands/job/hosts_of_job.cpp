#include "launcher/commands/job/hosts_of_job.h"

#include <fmt/core.h>

#include "base/text/shell_word.h"
#include "launcher/runs/host_folder.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

constexpr char kClaimed[] = "claimed";
constexpr char kName[] = "name";

}  // namespace

std::vector<std::pair<std::string, std::string>> common_facts(const LaunchOptions& options) {
  return {{"dplaunch's version", DPLAUNCH_VERSION},
          {"--max-restarts", std::to_string(options.supervision.max_restarts)},
          {"--min-nodes", std::to_string(options.hosts.min_count)},
          {"--preempt-signal", std::to_string(options.supervision.preempt_signal)},
          {"what is run", options.command.empty() ? "dplaunch's trainer" : "a command"}};
}

RunFolder expected_for_host(const RunPlace& place, std::time_t now, int host) {
  const RunFolder run = expected_run_folder(place, now);
  return host == 0 ? run : RunFolder(run.root() / folder_of_host(host));
}

ClaimedRun claim_for_host(const RunPlace& place, std::time_t now, HostChannel* channel) {
  if (channel == nullptr) return claim_run_folder(place, now);
  if (channel->index() == 0) {
    ClaimedRun claimed = claim_run_folder(place, now);
    channel->meet(kClaimed, {{kName, claimed.folder.root().filename().string()}});
    return claimed;
  }
  const std::string name = string_in(channel->meet(kClaimed, Json::object()).front(), kName);
  RunPlace own = place;
  own.runs = place.runs / fs::path(name).filename();
  own.name = folder_of_host(channel->index());
  own.resumed.reset();
  std::error_code error;
  if (fs::is_directory(own.runs / own.name, error)) own.resumed = RunFolder(own.runs / own.name);
  return claim_run_folder(own, now);
}

std::string host_words(const Hosts& hosts) {
  if (hosts.count == 1) return {};
  const std::string min =
      hosts.min_count > 0 ? fmt::format(" --min-nodes {}", hosts.min_count) : "";
  return fmt::format(" --nnodes {}{} --node-rank {} --master-addr {} --master-port {}", hosts.count,
                     min, hosts.index, shell_word(hosts.master_addr), hosts.master_port);
}

}  // namespace dplaunch
