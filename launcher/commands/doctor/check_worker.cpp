#include <array>
#include <charconv>
#include <optional>

#include "base/text/printable.h"
#include "launcher/commands/doctor/checks.h"

namespace dplaunch::doctor {
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
  int number = 0;
  const auto [end, error] =
      std::from_chars(version.data(), version.data() + version.size(), number);
  if (error != std::errc()) return std::nullopt;
  return number;
}

std::optional<int> minimum_driver(const std::string& cuda_version) {
  const std::optional<int> cuda = major_of(cuda_version);
  for (const auto& [cuda_major, driver_major] : kMinimumDrivers) {
    if (cuda == cuda_major) return driver_major;
  }
  return std::nullopt;
}

std::string name_of(const WorkerFacts& facts) {
  return printable(facts.executable.path.filename().string());
}

Finding unusable(const WorkerFacts& facts) {
  return {Severity::kFail, "worker",
          printable(facts.executable.path.string()) +
              " --version: " + printable(facts.versions->problem),
          facts.is_users_own
              ? "mend the program that DPLAUNCH_WORKER names, or unset it"
              : "ldd " + printable(facts.executable.path.string()) +
                    " shows which library it misses; scripts/setup.sh installs LibTorch, then "
                    "build dplaunch again"};
}

std::string listed(const WorkerVersions& versions) {
  std::string list;
  const auto add = [&list](const char* name, const std::string& version) {
    if (!version.empty()) list += ", " + std::string(name) + " " + printable(version);
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
    return {{Severity::kOk, "driver and CUDA", driver_text + " can run CUDA " + printable(cuda)}};
  }
  return {{Severity::kFail, "driver and CUDA",
           driver_text + " is too old for the worker's CUDA " + printable(cuda) + ", which needs " +
               std::to_string(*minimum) + " or newer",
           "update the NVIDIA driver to " + std::to_string(*minimum) +
               " or newer; or build the worker with a LibTorch 2.11 for an older CUDA: cmake "
               "--preset ci -DLIBTORCH=FOLDER; on data-centre GPUs NVIDIA's package cuda-compat "
               "bridges the gap, which is not judged here"}};
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
  if (!facts.versions) return {{Severity::kOk, "worker", name_of(facts) + " is there"}};
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
                        name_of(facts) + " is of version " + printable(version) +
                            ", this launcher of " DPLAUNCH_VERSION,
                        "build or install both together"});
  }
  findings.push_back({Severity::kOk, "worker",
                      name_of(facts) + " " + printable(version) + listed(*facts.versions)});
  const Findings driver = check_driver_for(facts);
  findings.insert(findings.end(), driver.begin(), driver.end());
  return findings;
}

}  // namespace dplaunch::doctor
