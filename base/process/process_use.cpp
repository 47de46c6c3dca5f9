#include "base/process/process_use.h"

#include <unistd.h>

#include <array>
#include <set>
#include <sstream>
#include <string>

namespace dplaunch {
namespace {

std::set<pid_t> family_of(pid_t pid, const std::vector<ProcessEntry>& table) {
  std::set<pid_t> family = {pid};
  // A child may stand before its parent: until nothing is added any more.
  for (std::size_t before = 0; before != family.size();) {
    before = family.size();
    for (const ProcessEntry& entry : table) {
      if (entry.group == pid || family.count(entry.parent) > 0) family.insert(entry.pid);
    }
  }
  return family;
}

void add_use(pid_t pid, ProcessUse& use) {
  const std::string stat = read_proc_file(pid, "stat").value_or("");
  // Behind "PID (NAME) ", numbered from 0 (proc(5), /proc/PID/stat); the state is a letter.
  constexpr std::size_t kUserTicks = 11;
  constexpr std::size_t kEndedSystemTicks = 14;
  constexpr std::size_t kResidentPages = 21;
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return;
  std::istringstream fields(stat.substr(name_end + 1));
  char state = '?';
  fields >> state;
  std::array<std::int64_t, kResidentPages + 1> numbers{};
  for (std::size_t i = 1; i < numbers.size(); ++i) fields >> numbers[i];
  if (!fields) return;
  for (std::size_t i = kUserTicks; i <= kEndedSystemTicks; ++i) {
    use.cpu_seconds +=
        static_cast<double>(numbers[i]) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }
  if (state == 'Z' || state == 'X') return;
  ++use.processes;
  use.memory_bytes += numbers[kResidentPages] * ::sysconf(_SC_PAGESIZE);
}

}  // namespace

ProcessUse use_of_family(pid_t pid, const std::vector<ProcessEntry>& table) {
  ProcessUse use;
  use.state = process_state(pid);
  if (use.state == '?') return use;
  for (const pid_t member : family_of(pid, table)) add_use(member, use);
  return use;
}

}  // namespace dplaunch
