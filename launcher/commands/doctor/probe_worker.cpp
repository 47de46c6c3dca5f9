#include <sstream>

#include "base/process/run_briefly.h"
#include "launcher/commands/doctor/probes.h"
#include "launcher/process/worker_environment.h"

namespace dplaunch::doctor {
namespace {

/// To load LibTorch from a slow disk for the first time may take long.
constexpr std::chrono::seconds kPatience{30};

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

/// "dplaunch-worker 0.1.0", then lines like "CUDA 13.0".
WorkerVersions parse_versions(const std::string& output) {
  WorkerVersions versions;
  std::istringstream lines(output);
  std::string name;
  std::string version;
  while (lines >> name >> version) {
    if (name == "dplaunch-worker") versions.dplaunch = version;
    if (name == "LibTorch") versions.libtorch = version;
    if (name == "CUDA") versions.cuda = version;
    if (name == "NCCL") versions.nccl = version;
  }
  return versions;
}

WorkerVersions ask(const std::string& worker) {
  // With the variables of a job of one: a rank left over from another launcher would confuse it.
  const std::vector<std::string> environment =
      worker_environment(RankPlan{}, "DPLAUNCH_JOB=doctor");
  const BriefRun run = run_briefly({worker, "--version"}, environment, kPatience);
  if (run.problem.empty()) return parse_versions(run.output);
  WorkerVersions versions;
  versions.problem = run.problem;
  if (!run.output.empty()) versions.problem += ": " + first_line(run.output);
  return versions;
}

}  // namespace

WorkerFacts probe_worker(WorkerKind kind, const std::string& driver_version) {
  const WorkerPlaces places = worker_places();
  WorkerFacts facts;
  facts.kind = kind;
  facts.executable = find_worker(kind, places);
  facts.is_users_own = places.worker_variable && !places.worker_variable->empty();
  facts.driver_version = driver_version;
  if (facts.executable.problem.empty()) facts.versions = ask(facts.executable.path.string());
  return facts;
}

}  // namespace dplaunch::doctor
