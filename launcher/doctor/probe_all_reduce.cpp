#include <filesystem>
#include <sstream>

#include "common/error.h"
#include "common/rank_environment.h"
#include "launcher/doctor/probes.h"
#include "launcher/plan/make_plan.h"
#include "launcher/plan/temporary_folder.h"
#include "launcher/process/supervise.h"

namespace dplaunch::doctor {
namespace {

/// The gradient of a ResNet-18 in fp32.
constexpr std::int64_t kBytes = 44'880'528;
/// Ranks of a busy machine, and of many GPUs, take their time to start.
constexpr std::chrono::milliseconds kPatience{60000};

LaunchPlan plan_of(const DeviceFacts& devices, const DeviceSelection& selection,
                   const std::filesystem::path& worker, const std::filesystem::path& folder) {
  PlanInputs inputs{selection, RunFolder(folder)};
  inputs.argv = {worker.string(), "--measure-all-reduce", std::to_string(kBytes)};
  inputs.usable_cores = devices.machine.usable_cores;
  inputs.user_omp_num_threads = process_variable("OMP_NUM_THREADS");
  inputs.supervision.stall_timeout = kPatience;
  inputs.supervision.on_stall = OnStall::kStop;
  return make_plan(inputs);
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

AllReduceFacts probe_all_reduce(const DeviceFacts& devices, const DeviceSelection& selection,
                                const WorkerFacts& worker) {
  AllReduceFacts facts;
  facts.processes = selection.processes();
  facts.is_on_gpus = !selection.is_cpu();
  // On the CPU only for who asked about it: a processor's cores are always connected.
  const bool is_wanted = facts.is_on_gpus || devices.is_asked;
  const bool has_worker =
      worker.versions && worker.versions->problem.empty() && !worker.versions->dplaunch.empty();
  if (!is_wanted || !has_worker || facts.processes < 2) return facts;
  facts.is_tried = true;
  try {
    const TemporaryFolder run("dplaunch-doctor");
    std::ostringstream out;
    std::ostringstream errors;
    const LaunchPlan plan = plan_of(devices, selection, worker.executable.path, run.path());
    const int code = supervise(plan, out, errors);
    std::istringstream words(out.str());
    std::string prefix;
    std::string name;
    if (code == 0 && words >> prefix >> name >> facts.bytes >> facts.seconds) return facts;
    facts.problem = first_line(errors.str());
  } catch (const Error& error) {
    facts.problem = error.what();
  }
  return facts;
}

}  // namespace dplaunch::doctor
