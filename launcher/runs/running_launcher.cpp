#include "launcher/runs/running_launcher.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>

#include "base/process/describe_process.h"
#include "base/process/process_table.h"
#include "base/process/surroundings.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

bool has_open(pid_t pid, const fs::path& folder) {
  struct stat wanted {};
  if (::stat(folder.c_str(), &wanted) != 0) return false;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(fmt::format("/proc/{}/fd", pid), error)) {
    struct stat found {};
    if (::stat(entry.path().c_str(), &found) != 0) continue;
    if (found.st_dev == wanted.st_dev && found.st_ino == wanted.st_ino) return true;
  }
  return false;
}

/// The folders whose locks a process has open.
void add_locked_folders(pid_t pid, std::set<fs::path>& folders) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(fmt::format("/proc/{}/fd", pid), error)) {
    const fs::path file = fs::read_symlink(entry.path(), error);
    if (!error && file.filename() == RunFolder::kLockName) folders.insert(file.parent_path());
  }
}

}  // namespace

std::string why_not_launcher_of(const RunFolder& folder, const HeldProcess& launcher) {
  if (!has_proc()) return "/proc is not mounted, so nobody knows what runs";
  const std::string process = fmt::format("process {}", launcher.pid());
  const std::string program = program_name(launcher.pid());
  if (program.empty()) return process + " belongs to another user, or has just ended";
  if (program != "dplaunch") return fmt::format("{} is not dplaunch but {}", process, program);
  if (!has_open(launcher.pid(), folder.root())) return process + " is the dplaunch of another run";
  return {};
}

std::vector<RunFolder> runs_of_this_user(const std::vector<ProcessEntry>& table) {
  std::set<fs::path> folders;
  for (const ProcessEntry& process : table) {
    if (!is_own_process(process.pid) || program_name(process.pid) != "dplaunch") continue;
    add_locked_folders(process.pid, folders);
  }
  std::vector<RunFolder> runs;
  for (const fs::path& folder : folders) {
    const RunFolder run(folder);
    std::error_code error;
    if (fs::exists(run.launch(), error)) runs.push_back(run);
  }
  return runs;
}

}  // namespace dplaunch
