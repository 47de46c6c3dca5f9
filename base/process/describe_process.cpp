#include "base/process/describe_process.h"

#include <fmt/core.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/process/process_table.h"
#include "base/text/printable.h"
#include "base/text/secrets.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

/// Of a command line; the kernel lets one have megabytes.
constexpr std::size_t kMaxBytes = 64 << 10;

/// From the line "Uid: <real> <effective> ...". The owner of /proc/PID would not do: it is root's
/// where the process may not be traced.
std::string user_of(const std::string& status) {
  std::istringstream lines(status);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string key;
    uid_t real = 0;
    uid_t effective = 0;
    if (fields >> key && key == "Uid:" && fields >> real >> effective) return user_name(effective);
  }
  return "?";
}

std::string command_of(std::int64_t pid) {
  std::string command = read_proc_file(pid, "cmdline", kMaxBytes).value_or("");
  while (!command.empty() && command.back() == '\0') command.pop_back();
  if (command.empty()) {  // a kernel thread, or one that has ended and is not yet reaped
    std::string name = read_proc_file(pid, "comm").value_or("");
    if (name.ends_with('\n')) name.pop_back();
    return fmt::format("[{}]", printable(name));
  }
  return printable(joined(without_secrets(split(command, '\0')), " "));
}

}  // namespace

std::string user_name(uid_t uid) {
  std::vector<char> buffer(16 << 10);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return printable(found->pw_name);
  }
  return std::to_string(uid);
}

ProcessDescription describe_process(std::int64_t pid) {
  const auto status = read_proc_file(pid, "status");
  if (!status) return {};
  return {true, user_of(*status), command_of(pid)};
}

std::string program_name(std::int64_t pid) {
  std::error_code error;
  const std::string link = fmt::format("/proc/{}/exe", pid);
  std::string name = std::filesystem::read_symlink(link, error).filename().string();
  // What the kernel appends when the file was replaced meanwhile, as an upgrade does.
  constexpr std::string_view kDeleted = " (deleted)";
  if (name.ends_with(kDeleted)) name.resize(name.size() - kDeleted.size());
  return error ? std::string() : name;
}

bool is_own_process(std::int64_t pid) {
  struct stat process {};
  return ::stat(fmt::format("/proc/{}", pid).c_str(), &process) == 0 &&
         process.st_uid == ::geteuid();
}

bool has_own_process_numbers() {
  // The inode of the host's PID namespace, PROC_PID_INIT_INO in linux/proc_ns.h.
  constexpr ino_t kHostNamespace = 0xEFFFFFFC;
  struct stat space {};
  return ::stat("/proc/self/ns/pid", &space) == 0 && space.st_ino != kHostNamespace;
}

}  // namespace dplaunch
