#include "launcher/plan/find_worker.h"

#include <fmt/core.h>

#include "base/error.h"
#include "base/process/find_program.h"
#include "base/process/surroundings.h"
#include "common/rank_environment.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

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
  const fs::path beside = places.launcher_folder / kind.worker;
  if (is_executable(beside)) return {beside, {}, {}};
  const fs::path installed =
      (places.launcher_folder / ".." / "libexec" / "dplaunch" / kind.worker).lexically_normal();
  if (is_executable(installed)) return {installed, {}, {}};
  if (places.launcher_folder.empty() && !has_proc()) {
    return {beside, "/proc is not mounted: dplaunch cannot know where it is, nor its worker",
            "mount it (mount -t proc proc /proc), or name the worker with DPLAUNCH_WORKER"};
  }
  return {beside,
          fmt::format("the worker {} is not there: looked for {} and {}", kind.worker,
                      beside.string(), installed.string()),
          kind.worker_build_hint};
}

void require_worker(const WorkerExecutable& worker) {
  if (!worker.problem.empty()) throw Error(ExitCode::kNotFound, worker.problem, worker.hint);
}

}  // namespace dplaunch
