#include "launcher/commands/doctor/check_all_reduce.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>
#include <sstream>

#include "base/error.h"
#include "base/files/temporary_folder.h"
#include "base/text/printable.h"
#include "base/text/shell_word.h"
#include "common/rank_environment.h"
#include "launcher/plan/make_plan.h"
#include "launcher/process/supervise.h"

namespace dplaunch::doctor {

// --- the probe -----------------------------------------------------------------------------------

namespace {

/// The gradient of a ResNet-18 in fp32.
constexpr std::int64_t kBytes = 44'880'528;
/// Ranks of a busy machine, and of many GPUs, take their time to start.
constexpr std::chrono::milliseconds kTimeout{60000};

bool has_only_nvlinks(const std::vector<GpuLink>& links, const DeviceSelection& selection) {
  std::set<int> chosen;
  for (const Gpu& gpu : selection.gpus) chosen.insert(gpu.index);
  const auto pairs = std::count_if(links.begin(), links.end(), [&](const GpuLink& link) {
    return link.nvlinks > 0 && chosen.contains(link.first) && chosen.contains(link.second);
  });
  const auto all_pairs = static_cast<std::ptrdiff_t>(chosen.size() * (chosen.size() - 1) / 2);
  return pairs > 0 && pairs == all_pairs;
}

std::vector<std::string> arguments_of(const std::filesystem::path& worker) {
  return {worker.string(), "--measure-all-reduce", std::to_string(kBytes)};
}

LaunchPlan plan_of(const DeviceFacts& devices, const DeviceSelection& selection,
                   const std::filesystem::path& worker, const std::filesystem::path& folder) {
  PlanInputs inputs{selection, RunFolder(folder)};
  inputs.argv = arguments_of(worker);
  inputs.usable_cores = devices.machine.usable_cores;
  inputs.inherited = process_variable;
  inputs.supervision.stall_timeout = kTimeout;
  inputs.supervision.on_stall = OnStall::kStop;
  return make_plan(inputs);
}

/// Of what the ranks and the launcher printed. Libraries warn of much before the error comes.
std::string error_line_of(const std::string& text) {
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

bool has_usable_worker(const WorkerFacts& worker) {
  return worker.versions && worker.versions->problem.empty() && !worker.versions->dplaunch.empty();
}

}  // namespace

AllReduceFacts probe_all_reduce(const DeviceFacts& devices, const DeviceSelection& selection,
                                const WorkerFacts& worker) {
  AllReduceFacts facts;
  facts.processes = selection.processes();
  facts.is_on_gpus = !selection.is_cpu();
  facts.has_only_nvlinks = has_only_nvlinks(devices.links, selection);
  // On the CPU only for who asked about it: a processor's cores are always connected.
  const bool is_wanted = facts.is_on_gpus || devices.is_asked;
  if (!is_wanted || !has_usable_worker(worker) || facts.processes < 2) return facts;
  facts.is_tried = true;
  facts.command = fmt::format("dplaunch --device {} -- {}", shell_word(devices.request.text),
                              shell_words(arguments_of(worker.executable.path)));
  try {
    const TemporaryFolder run("dplaunch-doctor");
    std::ostringstream out;
    std::ostringstream errors;
    const LaunchPlan plan = plan_of(devices, selection, worker.executable.path, run.path());
    const int code = supervise(plan, out, errors);
    if (code == 0 && read_figures(out.str(), facts)) return facts;
    facts.problem = error_line_of(errors.str());
  } catch (const Error& error) {
    facts.problem = error.what();
  }
  return facts;
}

// --- the judgement -------------------------------------------------------------------------------

namespace {

// Below these something is in the way. Two PCIe 4.0 x16 cards reach some 20 GB/s with peer-to-peer
// and 10 without; one NVLink of the third generation is 25 GB/s in each direction.
constexpr double kSlowOverPcie = 5;
constexpr double kSlowOverNvlink = 30;

/// nccl-tests' "busbw": comparable whatever the number of processes
/// (github.com/NVIDIA/nccl-tests/blob/master/doc/PERFORMANCE.md).
double bus_gigabytes_per_second(const AllReduceFacts& facts) {
  const double n = facts.processes;
  return 2 * (n - 1) / n * static_cast<double>(facts.bytes) / facts.seconds * 1e-9;
}

std::string measured(const AllReduceFacts& facts) {
  return fmt::format(
      "{} processes sum a ResNet-18's gradient ({:.1f} MB) in {:.1f} ms: {:.1f} GB/s each",
      facts.processes, static_cast<double>(facts.bytes) * 1e-6, facts.seconds * 1e3,
      bus_gigabytes_per_second(facts));
}

std::string failure_remedy(const AllReduceFacts& facts) {
  if (facts.is_on_gpus) {
    return fmt::format(
        "NCCL_DEBUG=INFO {} says where NCCL fails; with NCCL_P2P_DISABLE=1 it shows whether "
        "peer-to-peer is to blame",
        facts.command);
  }
  return fmt::format("{} shows all that is said; is loopback (127.0.0.1) open for this user?",
                     facts.command);
}

}  // namespace

Findings check_all_reduce(const AllReduceFacts& facts) {
  const std::string what = "all-reduce";
  if (!facts.is_tried) return {};
  if (!facts.problem.empty() || facts.seconds <= 0) {
    return {{Severity::kFail, what, "it does not work: " + printable(facts.problem),
             failure_remedy(facts)}};
  }
  const double slow = facts.has_only_nvlinks ? kSlowOverNvlink : kSlowOverPcie;
  // A slow CPU is no fault.
  if (!facts.is_on_gpus || bus_gigabytes_per_second(facts) >= slow) {
    return {{Severity::kOk, what, measured(facts)}};
  }
  return {{Severity::kWarn, what, measured(facts) + ", which is slow for these links",
           "is peer-to-peer off (NCCL_P2P_DISABLE, an IOMMU with ACS in virtual machines)? does a "
           "card sit in a slot of few lanes? dplaunch devices shows the links"}};
}

}  // namespace dplaunch::doctor
