#include "launcher/stacks/missing_stacks.h"

#include <fmt/core.h>
#include <unistd.h>

#include <fstream>
#include <map>

#include "launcher/stacks/rank_process.h"
#include "launcher/stacks/stack_tree.h"

namespace dplaunch {
namespace {

int ptrace_scope() {
  std::ifstream file("/proc/sys/kernel/yama/ptrace_scope");
  int scope = 0;
  return file >> scope ? scope : 0;
}

bool is_python_without_frames(const RankStack& stack) {
  return stack.source != "py-spy" && runs_python(stack.pid);
}

}  // namespace

std::string how_to_trace(int scope, bool is_root) {
  if (scope == 3) {
    return "this machine forbids it until its next boot (kernel.yama.ptrace_scope is 3)";
  }
  if (is_root) {
    return "in a container start that with --cap-add SYS_PTRACE (Kubernetes: "
           "securityContext.capabilities.add: [SYS_PTRACE])";
  }
  std::string text =
      "as root, with the tools of this PATH: sudo env \"PATH=$PATH\" dplaunch stacks";
  if (scope > 0) text += ", or sysctl kernel.yama.ptrace_scope=0";
  return text + ", or as the user whose job it is";
}

std::vector<std::string> missing_stacks(const std::vector<RankStack>& stacks) {
  std::map<std::string, std::vector<int>> by_problem;
  bool may_trace = true;
  bool lacks_py_spy = false;
  bool lacks_all = false;
  for (const RankStack& stack : stacks) {
    const bool has_frames = !stack.frames.empty();
    if (!has_frames) by_problem[stack.problem].push_back(stack.rank);
    if (!has_frames && !stack.kernel.may_trace) may_trace = false;
    const bool is_python = is_python_without_frames(stack);
    lacks_py_spy |= is_python;
    // Of these no tool was asked.
    const bool is_left_alone = stack.kernel.is_suspended() || stack.kernel.is_in_kernel();
    lacks_all |= !has_frames && !is_python && !is_left_alone;
  }
  std::vector<std::string> notes;
  for (const auto& [problem, ranks] : by_problem) {
    notes.push_back(fmt::format("{}: no stack: {}", ranks_text(ranks), problem));
  }
  if (!may_trace) {
    notes.push_back("to look into the processes: " +
                    how_to_trace(ptrace_scope(), ::geteuid() == 0));
  } else if (lacks_py_spy) {
    notes.emplace_back("for Python's own frames: pip install py-spy");
  } else if (lacks_all) {
    notes.emplace_back("for native frames: apt-get install elfutils (eu-stack), or gdb");
  }
  return notes;
}

}  // namespace dplaunch
