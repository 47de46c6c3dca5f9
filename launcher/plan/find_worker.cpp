#include "launcher/plan/find_worker.h"

#include <fmt/core.h>

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/process/find_program.h"
#include "base/process/surroundings.h"
#include "common/rank_environment.h"
#include "launcher/plan/worker_needs.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

/// Beside dplaunch, in an installation's folder, and where pip puts the wheel dplaunch-trainer: in
/// a virtual environment there is one Python, in a home folder there may be several.
std::vector<fs::path> places_of(const char* worker, const fs::path& launcher_folder) {
  const fs::path prefix = (launcher_folder / "..").lexically_normal();
  std::vector<fs::path> of_wheels;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(prefix / "lib", error)) {
    if (launcher_folder.empty() || !entry.path().filename().string().starts_with("python3"))
      continue;
    for (const char* packages : {"site-packages", "dist-packages"}) {
      of_wheels.push_back(entry.path() / packages / "dplaunch_trainer" / "bin" / worker);
    }
  }
  std::sort(of_wheels.begin(), of_wheels.end());
  std::vector<fs::path> places = {launcher_folder / worker,
                                  prefix / "libexec" / "dplaunch" / worker};
  places.insert(places.end(), of_wheels.begin(), of_wheels.end());
  return places;
}

}  // namespace

WorkerPlaces worker_places() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  return {self.parent_path(), process_variable("DPLAUNCH_WORKER")};
}

WorkerExecutable find_worker(const DeviceKind& kind, const WorkerPlaces& places) {
  if (places.worker_variable && !places.worker_variable->empty()) {
    const fs::path file = *places.worker_variable;
    if (is_executable(file)) return {fs::absolute(file), {}, {}};
    return {file, fmt::format("DPLAUNCH_WORKER={} is not an executable file", file.string()),
            "name an executable, or unset DPLAUNCH_WORKER to use the built-in worker"};
  }
  if (kind.worker == nullptr) {
    return {"(no worker)", fmt::format("dplaunch's trainer does not run on an {}", kind.name),
            kind.worker_build_hint};
  }
  const std::vector<fs::path> all = places_of(kind.worker, places.launcher_folder);
  const auto found = std::find_if(all.begin(), all.end(), is_executable);
  if (found != all.end()) {
    MissingNeed missing = missing_need(*found);
    return {*found, std::move(missing.problem), std::move(missing.hint)};
  }
  const fs::path& beside = all[0];
  const fs::path& installed = all[1];
  if (places.launcher_folder.empty() && !has_proc()) {
    return {beside, "/proc is not mounted: dplaunch cannot know where it is, nor its worker",
            "mount it (mount -t proc proc /proc), or name the worker with DPLAUNCH_WORKER"};
  }
  return {beside,
          fmt::format("the worker {} is not there: looked for {} and {}, and for the wheel "
                      "dplaunch-trainer",
                      kind.worker, beside.string(), installed.string()),
          kind.worker_build_hint};
}

void require_worker(const WorkerExecutable& worker) {
  if (!worker.problem.empty()) throw Error(ExitCode::kNotFound, worker.problem, worker.hint);
}

}  // namespace dplaunch
