#include "launcher/plan/find_worker.h"

#include "base/error.h"
#include "base/process/find_program.h"
#include "common/rank_environment.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

std::string build_hint(WorkerKind kind) {
  if (kind == WorkerKind::kCpu) {
    return "build it: cmake --preset dev && cmake --build --preset dev (it needs LibTorch; "
           "scripts/quickstart.sh does all of it)";
  }
  return "build it with the option -DDPLAUNCH_BUILD_CUDA_WORKER=ON: cmake --preset dev "
         "-DDPLAUNCH_BUILD_CUDA_WORKER=ON && cmake --build --preset dev; or train on the CPU: "
         "--device cpu:2";
}

}  // namespace

WorkerPlaces worker_places() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  return {self.parent_path(), process_variable("DPLAUNCH_WORKER")};
}

WorkerExecutable find_worker(WorkerKind kind, const WorkerPlaces& places) {
  if (places.worker_variable && !places.worker_variable->empty()) {
    const fs::path file = *places.worker_variable;
    if (is_executable(file)) return {fs::absolute(file), {}, {}};
    return {file, "DPLAUNCH_WORKER=" + file.string() + " is not an executable file",
            "name an executable, or unset DPLAUNCH_WORKER to use the built-in worker"};
  }
  const char* name = kind == WorkerKind::kCpu ? "dplaunch-worker-cpu" : "dplaunch-worker-cuda";
  const fs::path beside = places.launcher_folder / name;
  if (is_executable(beside)) return {beside, {}, {}};
  const fs::path installed =
      (places.launcher_folder / ".." / "libexec" / "dplaunch" / name).lexically_normal();
  if (is_executable(installed)) return {installed, {}, {}};
  return {beside,
          std::string("the worker ") + name + " is not there: looked for " + beside.string() +
              " and " + installed.string(),
          build_hint(kind)};
}

void require_worker(const WorkerExecutable& worker) {
  if (!worker.problem.empty()) throw Error(ExitCode::kNotFound, worker.problem, worker.hint);
}

}  // namespace dplaunch
