#include "launcher/commands/top/users_runs.h"

#include <algorithm>

#include "base/process/process_table.h"
#include "launcher/runs/running_launcher.h"

namespace dplaunch {

void UsersRuns::look(std::int64_t now_ns) {
  const std::vector<ProcessEntry> table = list_processes();
  for (const RunFolder& folder : runs_of_this_user(table))
    watched_.try_emplace(folder.root(), folder);
  rows_.clear();
  for (auto& [path, run] : watched_) rows_.push_back(run.look(table, now_ns));
  std::ranges::stable_sort(rows_, {}, &RunRow::started);
}

}  // namespace dplaunch
