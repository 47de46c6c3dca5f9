#include "job_mark.h"

#include <unistd.h>

#include <string_view>

#include "await.h"
#include "base/monotonic_clock.h"
#include "base/process/process_table.h"

namespace dplaunch {
namespace {

enum class HasEntry { kNo, kYes, kUnknown };

/// Whether the process was started with the environment entry `assignment` ("NAME=value"). No
/// where its environment cannot be read; unknown in the middle of execve(2), where for a moment the
/// kernel has neither its old environment nor its new one to show.
HasEntry has_environment_entry(const ProcessEntry& process, std::string_view assignment) {
  // Those of the kernel have neither arguments nor environment, ever.
  constexpr pid_t kKernelThreads = 2;
  if (process.pid == kKernelThreads || process.parent == kKernelThreads) return HasEntry::kNo;
  const std::string entry = '\0' + std::string(assignment) + '\0';
  for (int round = 0; round < 2; ++round) {
    const std::string environment = read_proc_file(process.pid, "environ").value_or("");
    const std::string framed = '\0' + environment + '\0';
    if (framed.find(entry) != std::string::npos) return HasEntry::kYes;
    if (!environment.empty()) return HasEntry::kNo;
    if (read_proc_file(process.pid, "cmdline").value_or("").empty()) {
      const char state = process_state(process.pid);
      return state == 'Z' || state == '?' ? HasEntry::kNo : HasEntry::kUnknown;
    }
    // It has none, or has come out of exec since: asked once more.
  }
  return HasEntry::kNo;
}

}  // namespace

JobMark::JobMark()
    : value_(std::to_string(::getpid()).append("-").append(std::to_string(monotonic_ns()))) {}

LaunchPlan JobMark::put_on(LaunchPlan plan) const {
  for (RankPlan& rank : plan.ranks) rank.variables.emplace_back(name_, value_);
  return plan;
}

std::vector<pid_t> JobMark::living() const {
  std::vector<pid_t> found;
  for (const ProcessEntry& process : list_processes()) {
    HasEntry has_entry = has_environment_entry(process, entry());
    await([&] {
      if (has_entry == HasEntry::kUnknown) has_entry = has_environment_entry(process, entry());
      return has_entry != HasEntry::kUnknown;
    });
    if (has_entry == HasEntry::kYes) found.push_back(process.pid);
  }
  return found;
}

bool JobMark::appear(std::size_t count) const {
  return await([&] { return living().size() >= count; });
}

std::vector<pid_t> JobMark::survivors() const {
  std::vector<pid_t> left;
  await([&] {
    left = living();
    return left.empty();
  });
  return left;
}

}  // namespace dplaunch
