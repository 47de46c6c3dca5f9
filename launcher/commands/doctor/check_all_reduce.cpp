#include "launcher/commands/doctor/check_all_reduce.h"

#include <fmt/core.h>

#include <chrono>
#include <sstream>

#include "base/error.h"
#include "base/text/printable.h"
#include "base/text/shell_word.h"
#include "launcher/communication/judge.h"
#include "launcher/communication/measure_communication.h"
#include "launcher/statistics/median_interval.h"

namespace dplaunch::doctor {

// --- the probe -----------------------------------------------------------------------------------

namespace {

/// The gradient of a ResNet-18 in fp32.
constexpr std::int64_t kBytes = 44'880'528;
constexpr double kSeconds = 1;
/// Ranks of a busy machine, and of many GPUs, take their time to start.
constexpr std::chrono::milliseconds kTimeout{60000};

CommunicationRequest request() {
  return {.collectives = {Collective::kAllReduce},
          .min_bytes = kBytes,
          .max_bytes = kBytes,
          .seconds = kSeconds};
}

CommunicationJob job_of(const DeviceFacts& devices, const DeviceSelection& selection,
                        const WorkerFacts& worker) {
  CommunicationJob job{
      selection, devices.machine.usable_cores, worker.executable.path, {}, request()};
  job.config.timeout_s = kTimeout.count() / 1000.0;
  job.supervision.stall_timeout = kTimeout;
  job.supervision.on_stall = OnStall::kStop;
  return job;
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

bool has_usable_worker(const WorkerFacts& worker) {
  return worker.versions && worker.versions->problem.empty() && !worker.versions->dplaunch.empty();
}

}  // namespace

AllReduceFacts probe_all_reduce(const DeviceFacts& devices, const DeviceSelection& selection,
                                const WorkerFacts& worker) {
  AllReduceFacts facts;
  facts.processes = selection.processes();
  facts.is_on_gpus = !selection.is_cpu();
  if (facts.is_on_gpus) facts.link = link_of_gpus(devices.links, selection);
  // On the CPU only for who asked about it: a processor's cores are always connected.
  const bool is_wanted = facts.is_on_gpus || devices.is_asked;
  if (!is_wanted || !has_usable_worker(worker) || facts.processes < 2) return facts;
  facts.is_tried = true;
  facts.command = fmt::format(
      "dplaunch bench comm --device {} --ops all_reduce --min {} --max {} --seconds {:g} "
      "--no-buckets",
      shell_word(devices.request.text), kBytes, kBytes, kSeconds);
  try {
    std::ostringstream out;
    std::ostringstream errors;
    const CommunicationResult result = measure_communication(job_of(devices, selection, worker),
                                                             /*keeps_logs=*/false, out, errors);
    if (!result.record || result.record->results.empty()) {
      facts.problem = error_line_of(errors.str());
      return facts;
    }
    const MeasuredCollective& measured = result.record->results.front();
    facts.bytes = measured.bytes;
    facts.seconds = median(measured.times_us) * 1e-6;
  } catch (const Error& error) {
    facts.problem = error.what();
  }
  return facts;
}

// --- the judgement -------------------------------------------------------------------------------

namespace {

double bus_bytes_per_second(const AllReduceFacts& facts) {
  return bus_factor(Collective::kAllReduce, facts.processes) * static_cast<double>(facts.bytes) /
         facts.seconds;
}

std::string measured(const AllReduceFacts& facts) {
  return fmt::format(
      "{} processes sum a ResNet-18's gradient ({:.1f} MB) in {:.1f} ms: {:.1f} GB/s each",
      facts.processes, static_cast<double>(facts.bytes) * 1e-6, facts.seconds * 1e3,
      bus_bytes_per_second(facts) * 1e-9);
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
  // A slow CPU is no fault.
  if (!facts.is_on_gpus || bus_bytes_per_second(facts) >= facts.link.bytes_per_second) {
    return {{Severity::kOk, what, measured(facts)}};
  }
  return {{Severity::kWarn, what, measured(facts) + ", which is slow for these links",
           "is peer-to-peer off (NCCL_P2P_DISABLE, an IOMMU with ACS in virtual machines)? does a "
           "card sit in a slot of few lanes? dplaunch devices shows the links"}};
}

}  // namespace dplaunch::doctor
