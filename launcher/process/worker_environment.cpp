#include "launcher/process/worker_environment.h"

#include <fmt/core.h>
#include <unistd.h>

#include <map>

namespace dplaunch {
namespace {

std::string name_of(const std::string& entry) {
  return entry.substr(0, entry.find('='));
}

// Every name that a rank can have, the optional ones included: a launcher within a job of another
// launcher must not pass that one's descriptors and files on.
EnvironmentVariables all_rank_variables() {
  RankEnvironment all;
  all.error_file = all.run_dir = all.status_board = all.start_id = all.run_folder_id = "set";
  all.store_fd = all.lifeline_fd = all.workers = all.preempt_signal = all.full_world_size = 1;
  all.has_agent_store = true;
  return to_variables(all);
}

}  // namespace

std::vector<std::string> worker_environment(const RankPlan& rank) {
  std::map<std::string, std::string> entries;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    entries[name_of(*entry)] = *entry;
  }
  for (const auto& [name, value] : all_rank_variables()) entries.erase(name);
  for (const auto& [name, value] : to_variables(rank.environment)) {
    entries[name] = fmt::format("{}={}", name, value);
  }
  for (const auto& [name, value] : rank.variables) {
    entries[name] = fmt::format("{}={}", name, value);
  }
  std::vector<std::string> environment;
  for (const auto& [name, entry] : entries) environment.push_back(entry);
  return environment;
}

}  // namespace dplaunch
