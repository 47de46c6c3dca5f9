#include "launcher/process/core_place.h"

#include <fmt/core.h>
#include <unistd.h>

#include <fstream>

#include "base/process/host_name.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

std::string first_line(const char* path) {
  std::string line;
  std::ifstream file(path);
  std::getline(file, line);
  return line;
}

std::string program_place(const std::string& command, pid_t pid) {
  const std::string program = command.substr(0, command.find(' '));
  if (program.ends_with("systemd-coredump")) {
    return fmt::format("taken by systemd-coredump: coredumpctl info {}", pid);
  }
  if (program.ends_with("apport")) return "taken by apport, which keeps it below /var/crash";
  return fmt::format("given to {} (sysctl kernel.core_pattern), on the host if this is a container",
                     program);
}

std::string value_of(char specifier, pid_t pid, int signal) {
  switch (specifier) {
    case '%':
      return "%";
    case 'p':
    case 'P':
    case 'i':
    case 'I':
      return std::to_string(pid);
    case 's':
      return std::to_string(signal);
    case 'u':
      return std::to_string(::getuid());
    case 'g':
      return std::to_string(::getgid());
    case 'h':
      return host_name();
    case 'c':
    case 'C':
    case 'd':
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 't':
      return "*";
    default:
      return "";  // as the kernel does
  }
}

}  // namespace

CoreRule core_rule() {
  std::error_code error;
  return {first_line("/proc/sys/kernel/core_pattern"),
          first_line("/proc/sys/kernel/core_uses_pid") == "1", fs::current_path(error)};
}

std::string core_place(const CoreRule& rule, pid_t pid, int signal) {
  if (rule.pattern.starts_with('|')) return program_place(rule.pattern.substr(1), pid);
  std::string name;
  bool has_pid = false;
  for (std::size_t i = 0; i < rule.pattern.size(); ++i) {
    if (rule.pattern[i] != '%') {
      name += rule.pattern[i];
      continue;
    }
    if (++i == rule.pattern.size()) break;  // one at the end means nothing
    const char specifier = rule.pattern[i];
    has_pid = has_pid || specifier == 'p' || specifier == 'P';
    name += value_of(specifier, pid, signal);
  }
  if (rule.appends_pid && !has_pid) name += fmt::format(".{}", pid);
  if (fs::path(name).is_absolute()) return name;
  return fmt::format("{}, unless the process had changed folders", (rule.folder / name).string());
}

}  // namespace dplaunch
