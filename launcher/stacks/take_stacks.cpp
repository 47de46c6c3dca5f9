#include "launcher/stacks/take_stacks.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/process/describe_process.h"
#include "base/process/process_table.h"
#include "base/process/signals_blocked.h"
#include "base/text/printable.h"
#include "base/text/words.h"
#include "launcher/runs/hosts_file.h"
#include "launcher/runs/rank_pids.h"
#include "launcher/stacks/flight_record.h"
#include "launcher/stacks/missing_stacks.h"
#include "launcher/stacks/native_stack.h"
#include "launcher/stacks/py_spy.h"
#include "launcher/stacks/rank_process.h"
#include "launcher/stacks/stack_tree.h"
#include "launcher/stacks/trainer_stack.h"

namespace dplaunch {
namespace {

// Each is a process that reads the libraries of another: of many, memory would run out.
constexpr std::size_t kAtOnce = 16;

struct Place {
  const RunFolder& folder;
  int local_rank;
  const StackOptions& options;
  const NativeTool& native_tool;
};

/// Whether there are frames now.
bool keep(RankStack& stack, TakenFrames taken, const std::string& source) {
  if (taken.frames.empty()) {
    if (!stack.problem.empty()) stack.problem += "; ";
    stack.problem += taken.problem;
    return false;
  }
  stack.frames = std::move(taken.frames);
  stack.source = source;
  stack.problem.clear();
  return true;
}

void take_by_native_tool(const Place& place, RankStack& stack) {
  if (place.options.spares_suspended && stack.kernel.is_suspended()) {
    keep(stack, {{}, "it is suspended, and was left alone"}, "");
  } else if (place.native_tool.name.empty()) {
    keep(stack, {{}, "neither eu-stack nor gdb is installed"}, "");
  } else {
    TakenFrames taken = take_by(place.native_tool, stack.pid);
    if (runs_python(stack.pid)) taken.frames = without_interpreter(taken.frames);
    keep(stack, std::move(taken), place.native_tool.name);
  }
}

/// With native frames, where they are wanted and that works.
bool ask_py_spy(const std::string& py_spy, bool native, RankStack& stack) {
  const auto ask = [&](bool with_native) {
    const bool is_halted = stack.kernel.is_suspended();
    return keep(stack, take_by_py_spy(py_spy, stack.pid, is_halted, with_native), "py-spy");
  };
  return (native && ask(true)) || ask(false);
}

void take_python(const Place& place, RankStack& stack) {
  const std::string py_spy = find_py_spy(stack.pid);
  if (py_spy.empty()) {
    stack.problem = "py-spy is not installed";
  } else if (ask_py_spy(py_spy, place.options.native, stack)) {
    return;
  }
  take_by_native_tool(place, stack);
}

void take_native(const Place& place, RankStack& stack) {
  if (answers_for_itself(place.folder, place.local_rank, stack.pid) &&
      keep(stack, ask_trainer(place.folder, stack.rank, stack.pid), "the trainer")) {
    return;
  }
  take_by_native_tool(place, stack);
}

void take(const Place& place, RankStack& stack) {
  stack.program = printable(program_name(stack.pid));
  stack.kernel = kernel_place(stack.pid);
  // A tool would wait for what this process waits for.
  if (stack.kernel.is_in_kernel()) {
    stack.problem = "no tool can look at a process that is held in the kernel";
    return;
  }
  runs_python(stack.pid) ? take_python(place, stack) : take_native(place, stack);
}

/// The threads are few, and none of them throws: each rank's stack is its own.
void for_all_at_once(std::size_t count, const std::function<void(std::size_t)>& action) {
  const SignalsBlocked blocked;  // one that ended us now would leave paused what a tool has paused
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < count; i = next++) action(i);
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < std::min(count, kAtOnce); ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
}

/// A first thread that has left alone is a zombie too: the others go on.
bool has_ended(pid_t pid) {
  const std::optional<ProcessEntry> process = find_process(pid);
  return !process || (process->state == 'Z' && process->threads <= 1);
}

void check_rank(const RunFolder& folder, const std::map<int, pid_t>& pids, int rank) {
  if (pids.contains(rank)) return;
  throw Error(ExitCode::kFailure,
              fmt::format("{}: there is no rank {} on this host", folder.root().string(), rank),
              "dplaunch status shows which there are");
}

/// Of a job on several hosts.
void note_other_hosts(const RunFolder& folder, const StartRecord& start, JobStacks& stacks) {
  const std::optional<HostsRecord> hosts = read_hosts(folder, start.id);
  if (!hosts || hosts->others.empty()) return;
  std::vector<std::string> names;
  for (const HostProgress& host : hosts->others) names.push_back(printable(host.name));
  stacks.notes.push_back(fmt::format(
      "these are the ranks of this host; run dplaunch stacks on {} too", joined(names)));
}

}  // namespace

JobStacks take_stacks(const RunFolder& folder, const RunState& running,
                      const StackOptions& options) {
  const std::vector<ProcessEntry> table = list_processes();
  // Of the latest attempt, whose ranks may be others than at the start, by their local rank.
  const std::map<int, pid_t> pids = read_rank_pids(folder);
  const std::map<int, pid_t> children = children_of(running.start.launcher_pid, pids, table);
  if (options.rank) check_rank(folder, pids, *options.rank);
  JobStacks stacks;
  std::vector<int> local_ranks;
  std::vector<int> ended;
  int local_rank = -1;
  for (const auto& [rank, pid] : pids) {
    ++local_rank;
    if (options.rank.value_or(rank) != rank) continue;
    if (!children.contains(rank) || has_ended(pid)) {
      ended.push_back(rank);
      continue;
    }
    local_ranks.push_back(local_rank);
    RankStack& stack = stacks.ranks.emplace_back();
    stack.rank = rank;
    stack.pid = working_process(pid, table);
  }
  const NativeTool native_tool = find_native_tool();
  for_all_at_once(stacks.ranks.size(), [&](std::size_t i) {
    try {
      take({folder, local_ranks[i], options, native_tool}, stacks.ranks[i]);
    } catch (const std::exception& error) {
      stacks.ranks[i].problem = printable(error.what());
    }
  });
  // No record of an earlier attempt.
  struct stat started {};
  const bool is_known = ::stat(folder.pids().c_str(), &started) == 0;
  add_last_collectives(stacks.ranks, is_known ? started.st_mtim.tv_sec : running.start.started);
  if (!ended.empty()) {
    stacks.notes.push_back(
        fmt::format("{} {} ended", ranks_text(ended), ended.size() == 1 ? "has" : "have"));
  }
  note_other_hosts(folder, running.start, stacks);
  for (std::string& note : missing_stacks(stacks.ranks)) stacks.notes.push_back(std::move(note));
  return stacks;
}

}  // namespace dplaunch
