#include <chrono>
#include <cstdint>
#include <filesystem>
#include <sstream>

#include "base/error.h"
#include "base/files/temporary_folder.h"
#include "base/text/shell_word.h"
#include "common/rank_environment.h"
#include "launcher/commands/doctor/probes.h"
#include "launcher/plan/make_plan.h"
#include "launcher/process/supervise.h"

namespace dplaunch::doctor {
namespace {

/// The gradient of a ResNet-18 in fp32.
constexpr std::int64_t kBytes = 44'880'528;
/// Ranks of a busy machine, and of many GPUs, take their time to start.
constexpr std::chrono::milliseconds kPatience{60000};

std::vector<std::string> arguments_of(const std::filesystem::path& worker) {
  return {worker.string(), "--measure-all-reduce", std::to_string(kBytes)};
}

LaunchPlan plan_of(const DeviceFacts& devices, const DeviceSelection& selection,
                   const std::filesystem::path& worker, const std::filesystem::path& folder) {
  PlanInputs inputs{selection, RunFolder(folder)};
  inputs.argv = arguments_of(worker);
  inputs.usable_cores = devices.machine.usable_cores;
  inputs.user_omp_num_threads = process_variable("OMP_NUM_THREADS");
  inputs.supervision.stall_timeout = kPatience;
  inputs.supervision.on_stall = OnStall::kStop;
  return make_plan(inputs);
}

/// Of what the ranks and the launcher said. Libraries warn of much before the error comes.
std::string line_of_error(const std::string& text) {
  std::istringstream lines(text);
  std::string first;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("error: ") != std::string::npos) return line;
    if (first.empty()) first = line;
  }
  return first.empty() ? "it printed no figure" : first;
}

/// Whether rank 0's figures are among what was printed: NCCL prints there, too.
bool read_figures(const std::string& output, AllReduceFacts& facts) {
  const std::string mark = "[0] all-reduce ";
  const std::size_t begin = output.find(mark);
  if (begin == std::string::npos) return false;
  std::istringstream words(output.substr(begin + mark.size()));
  return static_cast<bool>(words >> facts.bytes >> facts.seconds);
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
  facts.command = "dplaunch --device " + shell_word(devices.request.text) + " -- " +
                  shell_words(arguments_of(worker.executable.path));
  try {
    const TemporaryFolder run("dplaunch-doctor");
    std::ostringstream out;
    std::ostringstream errors;
    const LaunchPlan plan = plan_of(devices, selection, worker.executable.path, run.path());
    const int code = supervise(plan, out, errors);
    if (code == 0 && read_figures(out.str(), facts)) return facts;
    facts.problem = line_of_error(errors.str());
  } catch (const Error& error) {
    facts.problem = error.what();
  }
  return facts;
}

}  // namespace dplaunch::doctor
