#include "launcher/runs/host_folder.h"

#include <fmt/core.h>

#include <ctime>
#include <optional>
#include <system_error>

#include "base/error.h"
#include "base/process/host_name.h"
#include "launcher/runs/launch_record.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

constexpr char kBeginning[] = "host-";

/// When this host started it last; nullopt if it did not, or if that cannot be read.
std::optional<std::time_t> started_here(const RunFolder& run) {
  std::error_code error;
  if (!fs::exists(run.launch(), error)) return {};
  try {
    const StartRecord start = read_start(run);
    if (start.host.empty() || start.host == host_name()) return start.started;
  } catch (const Error&) {
    return {};
  }
  return {};
}

}  // namespace

std::string folder_of_host(int host) {
  return fmt::format("{}{}", kBeginning, host);
}

RunFolder part_of_this_host(const RunFolder& run) {
  if (started_here(run)) return run;
  std::optional<std::time_t> newest;
  RunFolder part = run;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(run.root(), error)) {
    if (!entry.path().filename().string().starts_with(kBeginning)) continue;
    const auto started = started_here(RunFolder(entry.path()));
    if (!started || (newest && *started <= *newest)) continue;
    newest = started;
    part = RunFolder(entry.path());
  }
  return part;
}

std::string name_of_run(const RunFolder& run) {
  const fs::path name = run.root().filename();
  if (!name.string().starts_with(kBeginning)) return name.string();
  return (run.root().parent_path().filename() / name).string();
}

}  // namespace dplaunch
