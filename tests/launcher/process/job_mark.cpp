#include "job_mark.h"

#include <unistd.h>

#include "await.h"
#include "base/monotonic_clock.h"
#include "base/process/process_table.h"

namespace dplaunch {
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
