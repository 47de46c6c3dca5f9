#include "launcher/stacks/rank_process.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/process/describe_process.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

// What starts a program and waits for it.
constexpr std::array<std::string_view, 13> kWrappers = {"sh",   "dash", "bash",   "zsh",     "ksh",
                                                        "mksh", "fish", "time",   "timeout", "uv",
                                                        "sudo", "tini", "busybox"};
constexpr int kMaxGenerations = 8;

bool is_wrapper(const std::string& program) {
  return std::find(kWrappers.begin(), kWrappers.end(), program) != kWrappers.end();
}

/// 0: it has none, or more than one.
pid_t only_child(pid_t pid, const std::vector<ProcessEntry>& table) {
  pid_t child = 0;
  for (const ProcessEntry& entry : table) {
    if (entry.parent != pid || entry.state == 'Z' || entry.state == 'X') continue;
    if (child != 0) return 0;
    child = entry.pid;
  }
  return child;
}

}  // namespace

pid_t working_process(pid_t pid, const std::vector<ProcessEntry>& table) {
  for (int i = 0; i < kMaxGenerations && is_wrapper(program_name(pid)); ++i) {
    const pid_t child = only_child(pid, table);
    if (child == 0) break;
    pid = child;
  }
  return pid;
}

std::vector<std::string> proc_words(pid_t pid, const char* name) {
  constexpr std::size_t kMaxWordBytes = 1 << 20;
  return split(read_proc_file(pid, name, kMaxWordBytes).value_or(""), '\0');
}

bool runs_python(pid_t pid) {
  if (program_name(pid).starts_with("python")) return true;
  constexpr std::size_t kMaxMapBytes = 4 << 20;
  const std::string maps = read_proc_file(pid, "maps", kMaxMapBytes).value_or("");
  return maps.find("/libpython3") != std::string::npos;
}

}  // namespace dplaunch
