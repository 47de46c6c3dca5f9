#include "launcher/commands/doctor/check_worker.h"

#include <fmt/core.h>

#include <array>
#include <chrono>
#include <sstream>

#include "base/error.h"
#include "base/process/run_program.h"
#include "base/text/parse_number.h"
#include "base/text/printable.h"
#include "launcher/process/worker_environment.h"

namespace dplaunch::doctor {

// --- the probe -----------------------------------------------------------------------------------

namespace {

/// To load LibTorch from a slow disk for the first time may take long.
constexpr std::chrono::seconds kAnswerTimeout{30};

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

WorkerVersions versions_of(const std::string& worker) {
  // With the variables of a job of one: a rank left over from another launcher would confuse it.
  const ProgramOptions options{.environment = worker_environment(RankPlan{}),
                               .timeout = kAnswerTimeout,
                               .captures_errors = true};
  try {
    const ProgramResult result = run_program({worker, "--version"}, options);
    if (result.problem.empty()) return parse_versions(result.output);
    if (result.output.empty()) return {.problem = result.problem};
    return {.problem = fmt::format("{}: {}", result.problem, first_line(result.output))};
  } catch (const Error& error) {
    return {.problem = error.what()};
  }
}

}  // namespace

WorkerFacts probe_worker(const DeviceKind& kind, const std::string& driver_version) {
  const WorkerPlaces places = worker_places();
  WorkerFacts facts;
  facts.executable = find_worker(kind, places);
  facts.is_users_own = places.worker_variable && !places.worker_variable->empty();
  facts.driver_version = driver_version;
  if (facts.executable.problem.empty())
    facts.versions = versions_of(facts.executable.path.string());
  return facts;
}

// --- the judgement -------------------------------------------------------------------------------

namespace {

struct MinimumDriver {
  int cuda_major;
  int driver_major;
};

/// "CUDA compatibility", minor version compatibility: the oldest driver branch for each major
/// version. https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html
constexpr std::array kMinimumDrivers = {MinimumDriver{11, 450}, MinimumDriver{12, 525},
                                        MinimumDriver{13, 580}};

/// "580.65" -> 580.
std::optional<int> major_of(const std::string& version) {
  return parse_number<int>(version.substr(0, version.find_first_not_of("0123456789")));
}

std::optional<int> minimum_driver(const std::string& cuda_version) {
  const std::optional<int> cuda = major_of(cuda_version);
  for (const auto& [cuda_major, driver_major] : kMinimumDrivers) {
    if (cuda == cuda_major) return driver_major;
  }
  return std::nullopt;
}

std::string worker_name(const WorkerFacts& facts) {
  return printable(facts.executable.path.filename().string());
}

Finding unusable(const WorkerFacts& facts) {
  const std::string path = printable(facts.executable.path.string());
  return {Severity::kFail, "worker",
          fmt::format("{} --version: {}", path, printable(facts.versions->problem)),
          facts.is_users_own
              ? "mend the program that DPLAUNCH_WORKER names, or unset it"
              : fmt::format("ldd {} shows which library it misses; scripts/setup.sh installs "
                            "LibTorch, then build dplaunch again",
                            path)};
}

/// ", LibTorch 2.11.0, CUDA 13.0"
std::string version_list(const WorkerVersions& versions) {
  std::string list;
  const auto add = [&list](const char* name, const std::string& version) {
    if (!version.empty()) list += fmt::format(", {} {}", name, printable(version));
  };
  add("LibTorch", versions.libtorch);
  add("CUDA", versions.cuda);
  add("NCCL", versions.nccl);
  return list;
}

Findings check_driver_for(const WorkerFacts& facts) {
  const std::string& cuda = facts.versions->cuda;
  const std::optional<int> minimum = minimum_driver(cuda);
  const std::optional<int> driver = major_of(facts.driver_version);
  if (!minimum || !driver) return {};
  const std::string driver_text = "driver " + printable(facts.driver_version);
  if (*driver >= *minimum) {
    return {{Severity::kOk, "driver and CUDA",
             fmt::format("{} can run CUDA {}", driver_text, printable(cuda))}};
  }
  return {{Severity::kFail, "driver and CUDA",
           fmt::format("{} is too old for the worker's CUDA {}, which needs {} or newer",
                       driver_text, printable(cuda), *minimum),
           fmt::format("update the NVIDIA driver to {} or newer; or build the worker with a "
                       "LibTorch 2.11 for an older CUDA: cmake --preset ci -DLIBTORCH=FOLDER; on "
                       "data-centre GPUs NVIDIA's package cuda-compat bridges the gap, which is "
                       "not judged here",
                       *minimum)}};
}

}  // namespace

Findings check_worker(const WorkerFacts& facts) {
  const WorkerExecutable& executable = facts.executable;
  if (!executable.problem.empty()) {
    return {{facts.is_users_own ? Severity::kFail : Severity::kWarn, "worker",
             printable(executable.problem) +
                 (facts.is_users_own ? "" : "; commands of your own run without it"),
             printable(executable.hint)}};
  }
  if (!facts.versions) return {{Severity::kOk, "worker", worker_name(facts) + " is there"}};
  if (!facts.versions->problem.empty()) return {unusable(facts)};
  const std::string& version = facts.versions->dplaunch;
  if (version.empty()) {
    return {{Severity::kNote, "worker",
             printable(executable.path.string()) + " does not say that it is a dplaunch-worker",
             "none, if DPLAUNCH_WORKER is meant to name a program of your own"}};
  }
  Findings findings;
  if (version != DPLAUNCH_VERSION) {
    findings.push_back({Severity::kWarn, "worker",
                        fmt::format("{} is of version {}, this launcher of " DPLAUNCH_VERSION,
                                    worker_name(facts), printable(version)),
                        "build or install both together"});
  }
  findings.push_back({Severity::kOk, "worker",
                      fmt::format("{} {}{}", worker_name(facts), printable(version),
                                  version_list(*facts.versions))});
  return together({findings, check_driver_for(facts)});
}

}  // namespace dplaunch::doctor
