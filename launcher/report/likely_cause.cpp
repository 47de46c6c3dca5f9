#include "launcher/report/likely_cause.h"

#include <fmt/core.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text/words.h"
#include "common/out_of_memory.h"
#include "launcher/report/last_exception.h"

namespace dplaunch {
namespace {

struct Symptom {
  std::string_view words;  ///< of the rank, in its record or on standard error
  std::string_view cause;
};

// What CUDA, cuDNN, NCCL, PyTorch and the kernel say, and what that means in practice.
constexpr std::array kSymptoms = {
    Symptom{
        "an illegal memory access was encountered",
        "a GPU kernel wrote or read where it must not: CUDA_LAUNCH_BLOCKING=1 in the environment "
        "makes the traceback point at it"},
    Symptom{"device-side assert triggered",
            "a GPU kernel's own check failed, often a label or index out of range: "
            "CUDA_LAUNCH_BLOCKING=1 makes the traceback point at it"},
    Symptom{"CUDA error: uncorrectable ECC error",
            "the GPU's memory is damaged: leave this GPU out, and tell whoever keeps the machine"},
    Symptom{"GPU is lost", "the GPU fell off the bus: leave it out; a reboot may bring it back"},
    Symptom{"no kernel image is available",
            "this PyTorch was built for other GPUs than this one: install one for its compute "
            "capability"},
    Symptom{"HIP error: invalid device function",
            "this PyTorch was built for other GPUs than this one: install one for its architecture "
            "(rocminfo | grep gfx)"},
    Symptom{"CUDA driver version is insufficient",
            "the NVIDIA driver is older than this PyTorch's CUDA needs: update it, or install a "
            "PyTorch for an older CUDA"},
    Symptom{
        "Duplicate GPU detected",
        "NCCL tells GPUs apart by host and PCI bus alone: two ranks are on one GPU, or on two MIG "
        "instances of one"},
    Symptom{"ncclRemoteError", "another rank left: its own log says why"},
    Symptom{"ncclSystemError",
            "the network or shared memory between the ranks failed: NCCL_DEBUG=INFO in the "
            "environment says where; is /dev/shm large enough?"},
    Symptom{"NCCL error", "NCCL_DEBUG=INFO in the environment says more"},
    Symptom{"Watchdog caught collective operation timeout",
            "another rank did not come to the same collective: look for the one that hangs"},
    Symptom{"No space left on device", "a disk is full: df -h shows which"},
    Symptom{"Too many open files", "raise the limit of open files: ulimit -n 65536"},
    Symptom{"bus error", "shared memory may be full: df -h /dev/shm"},
    Symptom{"killed by signal: Bus error", "shared memory may be full: df -h /dev/shm"},
    Symptom{"unable to open shared memory object", "shared memory may be full: df -h /dev/shm"},
    Symptom{"ModuleNotFoundError", "is this the Python of the right environment? (which python)"},
    Symptom{"Address already in use",
            "the script listens on a port of its own: take MASTER_PORT from the environment"},
};

/// What its program printed last, if that is sure to be what ended it: the exception that nobody
/// caught, or else the last line. An earlier warning may have the words of any failure.
std::string last_words(const RankOutcome& outcome) {
  const std::string& printed = outcome.stderr_tail;
  if (const auto exception = last_exception(printed)) {
    // Python exits with an uncaught exception, C++ aborts; by another signal something else
    // happened.
    const bool is_its_end = outcome.signal == 0 || outcome.signal == SIGABRT;
    return is_its_end && exception->is_end() ? exception->text : std::string();
  }
  const std::string line = last_line(printed);
  return is_warning(line) ? std::string() : line;
}

std::string decisive_words(const RankOutcome& outcome) {
  if (!outcome.record || outcome.record->message.empty()) return last_words(outcome);
  const std::string& traceback = outcome.record->traceback;
  const auto exception = last_exception(traceback);
  return outcome.record->message + "\n" + (exception ? exception->text : last_line(traceback));
}

std::vector<std::string> gpu_out_of_memory(const FailureContext& context) {
  std::vector<std::string> lines = {
      "the GPU's memory is full: lower the batch (--set bsize=N, per process; bsize=auto takes "
      "what fits)"};
  const std::string users = joined(context.other_gpu_users);
  if (!users.empty()) lines.push_back("also on this GPU: " + users);
  return lines;
}

std::vector<std::string> killed(const FailureContext& context) {
  if (context.oom_kills > 0) {
    // Of the whole host, as the kernel counts: it may have been another program's, but seldom is.
    return {fmt::format(
        "the kernel's out-of-memory killer ended {} on this host meanwhile: fewer processes or "
        "data-loading workers need less memory",
        counted(context.oom_kills, "process", "processes"))};
  }
  if (context.oom_kills == 0) {
    return {"not by the kernel's out-of-memory killer: somebody or a batch system killed it"};
  }
  return {"by the out-of-memory killer? dmesg says; fewer processes or workers need less memory"};
}

}  // namespace

bool is_gpu_out_of_memory(const RankOutcome& outcome) {
  const std::string words = decisive_words(outcome);
  constexpr std::array<std::string_view, 6> kMarks = {"CUDA",   "Cuda", "CUDNN",
                                                      "CUBLAS", "HIP",  "to find an engine"};
  return says_out_of_memory(words) && std::ranges::any_of(kMarks, [&](std::string_view mark) {
           return words.find(mark) != std::string::npos;
         });
}

std::vector<std::string> likely_cause(const RankOutcome& outcome, const FailureContext& context) {
  if (!outcome.stall.empty()) return {};
  // One that recorded an error first was not surprised by the signal.
  if (outcome.signal == SIGKILL && !outcome.is_stopped_by_launcher && !outcome.record) {
    return killed(context);
  }
  if (is_gpu_out_of_memory(outcome)) return gpu_out_of_memory(context);
  const std::string words = decisive_words(outcome);
  for (const Symptom& symptom : kSymptoms) {
    if (words.find(symptom.words) != std::string::npos) return {std::string(symptom.cause)};
  }
  if (outcome.signal == SIGBUS) return {"shared memory or a disk may be full: df -h /dev/shm"};
  if (outcome.signal == SIGXCPU) return {"the limit of CPU time (ulimit -t) was reached"};
  if (outcome.signal == SIGILL)
    return {"the program was built for another processor than this one"};
  return {};
}

}  // namespace dplaunch
