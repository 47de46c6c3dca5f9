#include "launcher/runs/claim_run.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <utility>

#include "base/error.h"
#include "base/process/surroundings.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

std::string name_by_time(const std::string& stem, std::time_t now) {
  std::tm local{};
  ::localtime_r(&now, &local);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &local);
  return fmt::format("{}-{}", stem, stamp);
}

std::string choose_writable(RunKind kind) {
  const std::string hint = "choose a writable folder with --log-dir DIR";
  return kind == RunKind::kCommand ? hint + ", or run without one: --log-dir none" : hint;
}

/// False if the folder exists already; mkdir decides, so that of two launchers one gets it.
bool make_folder(const fs::path& folder, RunKind kind) {
  if (::mkdir(folder.c_str(), 0777) == 0) return true;
  if (errno == EEXIST) return false;
  throw system_error(
      ExitCode::kStorage, folder.string() + ": cannot make the run folder", errno,
      errno == ENAMETOOLONG ? "choose a shorter name with --name" : choose_writable(kind));
}

void make_runs(const RunPlace& place) {
  std::error_code error;
  fs::create_directories(place.runs, error);
  if (error) {
    throw system_error(ExitCode::kStorage,
                       place.runs.string() + ": cannot make the folder of all runs", error.value(),
                       choose_writable(place.kind));
  }
}

void check_name(const RunPlace& place) {
  const fs::path name = place.name;
  if (name.empty() || (!name.has_parent_path() && name != "." && name != "..")) return;
  throw Error(ExitCode::kUsage, fmt::format("the run's name \"{}\" is a path", place.name),
              "give the folder of all runs with --log-dir DIR, and a plain name with --name");
}

[[noreturn]] void refuse_name(const fs::path& folder, RunKind kind) {
  const std::string problem = why_not_resumed(RunFolder(folder), kind);
  throw Error(
      ExitCode::kUsage,
      folder.string() + (problem.empty() ? ": this run exists" : ": exists, and " + problem),
      (problem.empty() ? "--resume goes on with it, or " : "") +
          std::string("choose another name with --name"));
}

fs::path make_new(const RunPlace& place, std::time_t now) {
  check_name(place);
  require_working_folder(place.runs);
  make_runs(place);
  if (!place.name.empty()) {
    fs::path folder = place.runs / place.name;
    if (make_folder(folder, place.kind)) return folder;
    refuse_name(folder, place.kind);
  }
  const std::string name = name_by_time(place.stem, now);
  fs::path folder = place.runs / name;
  for (int attempt = 2; !make_folder(folder, place.kind); ++attempt) {
    folder = place.runs / fmt::format("{}-{}", name, attempt);
  }
  return folder;
}

/// Chance, because clocks are set back and process numbers come again.
std::string new_start_id() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

void check_writable(const fs::path& folder) {
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return;
  throw system_error(ExitCode::kStorage, folder.string() + ": cannot write into the run folder",
                     errno, "make it writable for this user");
}

}  // namespace

ClaimedRun claim_run_folder(const RunPlace& place, std::time_t now) {
  const fs::path folder = place.resumed ? place.resumed->root() : make_new(place, now);
  check_writable(folder);
  RunLock lock = RunLock::take(RunFolder(folder));
  const std::optional<FolderIdentity> held = lock.folder();
  return {RunFolder(folder, held), std::move(lock), new_start_id()};
}

RunFolder expected_run_folder(const RunPlace& place, std::time_t now) {
  if (place.resumed) return *place.resumed;
  return RunFolder(place.runs / (place.name.empty() ? name_by_time(place.stem, now) : place.name));
}

}  // namespace dplaunch
