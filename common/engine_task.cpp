#include "common/engine_task.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/fnv1a.h"
#include "common/engine_statements.h"
#include "common/torchrun_values.h"

namespace dplaunch {
namespace {

bool is_single(const EngineTask& task) {
  return task.count && task.count->value <= 1;
}

void check_fits(const EngineTask& task) {
  if (!task.count || !task.index || task.index->value < task.count->value) return;
  throw Error(ExitCode::kUsage,
              fmt::format("environment: {}={} does not fit {}={}", task.index->by,
                          task.index->value, task.count->by, task.count->value),
              "tasks are counted from 0; --nnodes and --node-rank replace both");
}

void check_agree(const EngineTask& inner, const EngineTask& outer) {
  const bool is_other_count = inner.count->value != outer.count->value;
  const bool is_other_index =
      inner.index && outer.index && inner.index->value != outer.index->value;
  if (!is_other_count && !is_other_index) return;
  const auto& one = is_other_count ? *inner.count : *inner.index;
  const auto& other = is_other_count ? *outer.count : *outer.index;
  throw Error(ExitCode::kUsage,
              fmt::format("environment: {}={} ({}) contradicts {}={} ({})", one.by, one.value,
                          inner.engine, other.by, other.value, outer.engine),
              "say with --nnodes, --node-rank and --master-addr how it is, or unset what is left "
              "over from another job");
}

template <typename Value>
void fill(std::optional<Told<Value>>& value, const std::optional<Told<Value>>& other) {
  if (!value) value = other;
}

void take_from(const EngineTask& outer, EngineTask& task) {
  fill(task.least, outer.least);
  fill(task.index, outer.index);
  fill(task.on_node, outer.on_node);
  fill(task.local, outer.local);
  fill(task.address, outer.address);
  fill(task.port, outer.port);
  fill(task.job_id, outer.job_id);
}

/// The one that this process is, of what several engines say.
std::optional<EngineTask> settled(std::vector<EngineTask> tasks) {
  const auto counts = [](const EngineTask& task) { return task.count.has_value(); };
  // An engine that does not count is right with any that does.
  if (std::ranges::any_of(tasks, counts)) std::erase_if(tasks, std::not_fn(counts));
  std::erase_if(tasks, is_single);
  if (tasks.empty()) return std::nullopt;
  EngineTask task = tasks.front();
  check_fits(task);
  for (std::size_t i = 1; i < tasks.size(); ++i) {
    check_fits(tasks[i]);
    if (task.count) check_agree(task, tasks[i]);
    take_from(tasks[i], task);
  }
  return task;
}

/// What the user exported for all tasks counts for more than what is guessed below.
void add_exported(const EngineVariables& variables, EngineTask& task) {
  if (!task.address) task.address = variables.text("MASTER_ADDR");
  if (!task.port) task.port = variables.number("MASTER_PORT");
}

/// Of tasks that share nodes with other jobs the usual port is not to be had.
void add_port(EngineTask& task) {
  if (task.port) return;
  if (task.job_id) {
    task.port = Told<int>{port_of_job(task.job_id->value), "made of " + task.job_id->by};
  } else if (!task.on_node) {
    task.port = Told<int>{kUsualMasterPort, "torchrun's usual one"};
  }
}

}  // namespace

std::string describe(const EngineTask& task) {
  if (!task.count) {
    return fmt::format("{}: task {} of an unknown number ({})", task.engine,
                       task.index ? task.index->value : 0, task.index ? task.index->by : "");
  }
  if (!task.index) {
    return fmt::format("{}: one of {} tasks ({}), but not which", task.engine, task.count->value,
                       task.count->by);
  }
  return fmt::format("{}: task {} of {} ({}, {})", task.engine, task.index->value,
                     task.count->value, task.index->by, task.count->by);
}

bool are_all_on_one_node(const EngineTask& task) {
  return task.count && task.on_node && task.count->value == task.on_node->value;
}

std::optional<EngineTask> engine_task(const VariableLookup& lookup) {
  const EngineVariables variables(lookup);
  if (variables.has("TORCHELASTIC_RUN_ID")) return std::nullopt;
  std::optional<EngineTask> task = settled(engine_statements(variables));
  if (!task) return std::nullopt;
  add_exported(variables, *task);
  if (!task->address && are_all_on_one_node(*task)) {
    task->address = Told<std::string>{"127.0.0.1", task->on_node->by};
  }
  add_slurm_facts(variables, *task);
  add_port(*task);
  return task;
}

std::optional<Told<int>> idle_slurm_nodes(const VariableLookup& lookup) {
  const EngineVariables variables(lookup);
  if (variables.has("TORCHELASTIC_RUN_ID")) return std::nullopt;
  if (is_slurm_task(variables) || is_of_mpi_daemon(variables)) return std::nullopt;
  for (const char* name : {"SLURM_JOB_NUM_NODES", "SLURM_NNODES"}) {
    const auto nodes = variables.number(name);
    if (nodes && nodes->value > 1) return nodes;
  }
  return std::nullopt;
}

int port_of_job(const std::string& job_id) {
  constexpr int kFirst = 20000;
  constexpr int kCount = 10000;
  return kFirst + static_cast<int>(fnv1a(job_id.data(), job_id.size()) % kCount);
}

}  // namespace dplaunch
