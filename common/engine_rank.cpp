#include "common/engine_rank.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "common/engine_task.h"

namespace dplaunch {
namespace {

void require(bool is_known, const EngineTask& task, const std::string& what,
             const std::string& variables) {
  if (is_known) return;
  throw Error(ExitCode::kUsage, "environment: " + describe(task) + "; " + what + " is not said",
              "set " + variables +
                  " for every task, or start dplaunch in place of the worker; for a training of "
                  "its own in each task RANK=0 and WORLD_SIZE=1");
}

/// Engines fill node after node, so far as is known.
void place_on_hosts(const EngineTask& task, RankEnvironment& rank) {
  rank.local_rank = task.local ? task.local->value : 0;
  rank.local_world_size = task.on_node ? task.on_node->value : 1;
  rank.group_world_size =
      (rank.world_size + rank.local_world_size - 1) / std::max(1, rank.local_world_size);
  rank.group_rank =
      std::min(rank.rank / std::max(1, rank.local_world_size), rank.group_world_size - 1);
}

}  // namespace

std::optional<RankEnvironment> engine_rank(const VariableLookup& lookup) {
  const std::optional<EngineTask> task = engine_task(lookup);
  if (!task) return std::nullopt;
  require(task->count.has_value(), *task, "their number", "RANK and WORLD_SIZE");
  require(task->index.has_value(), *task, "which of them this is", "RANK and WORLD_SIZE");
  require(task->address.has_value(), *task, "the host of task 0", "MASTER_ADDR");
  require(task->port.has_value(), *task, "a port for them alone", "MASTER_PORT");
  RankEnvironment rank;
  rank.rank = task->index->value;
  rank.world_size = task->count->value;
  rank.master_addr = task->address->value;
  rank.master_port = task->port->value;
  if (task->job_id) rank.run_id = task->job_id->value;
  place_on_hosts(*task, rank);
  return rank;
}

}  // namespace dplaunch
