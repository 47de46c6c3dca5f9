#include <cstdint>

#include "base/text/words.h"
#include "launcher/commands/doctor/checks.h"
#include "launcher/devices/gpu_words.h"

namespace dplaunch::doctor {
namespace {

constexpr std::int64_t kGib = std::int64_t{1} << 30;
constexpr std::int64_t kLeastShmBytes = kGib;
constexpr std::int64_t kLeastShmFreeBytes = kGib / 8;
constexpr std::int64_t kComfortableFiles = 1024;
/// The launcher's own descriptors, and some for each of a few processes.
constexpr std::int64_t kLeastFiles = 64;
constexpr std::int64_t kComfortableProcesses = 4096;

bool is_below(std::int64_t limit, std::int64_t bound) {
  return limit != kUnlimited && limit < bound;
}

std::string to_text(std::int64_t limit) {
  return limit == kUnlimited ? "unlimited" : std::to_string(limit);
}

/// How to raise a soft limit, for which only root can go beyond the hard one.
std::string raise(const std::string& option, std::int64_t wanted, std::int64_t hard) {
  const std::string value = wanted == kUnlimited ? "unlimited" : std::to_string(wanted);
  const bool fits = hard == kUnlimited || (wanted != kUnlimited && wanted <= hard);
  if (fits) return "ulimit -" + option + " " + value + " before the start";
  return "the hard limit is " + to_text(hard) +
         ": raise it in /etc/security/limits.conf, or for a container with docker run --ulimit";
}

Findings check_open_files(const LimitFacts& facts) {
  const auto [soft, hard] = facts.open_files;
  const std::string text = "ulimit -n: " + to_text(soft) + " open files";
  if (!is_below(soft, kComfortableFiles)) return {{Severity::kOk, "open files", text}};
  return {{is_below(soft, kLeastFiles) ? Severity::kFail : Severity::kWarn, "open files",
           text + ", which many processes or data loaders exceed",
           raise("n", 4 * kComfortableFiles, hard)}};
}

Findings check_locked_memory(const LimitFacts& facts) {
  const auto [soft, hard] = facts.locked_memory_bytes;
  if (!facts.has_infiniband || soft == kUnlimited) return {};
  return {{Severity::kWarn, "locked memory",
           "InfiniBand registers memory with the adapter, but ulimit -l allows " +
               std::to_string(soft / 1024) + " KiB",
           raise("l", kUnlimited, hard)}};
}

Findings check_processes(const LimitFacts& facts) {
  const auto [soft, hard] = facts.processes;
  if (facts.is_root || !is_below(soft, kComfortableProcesses)) return {};
  return {{Severity::kWarn, "processes",
           "ulimit -u: " + to_text(soft) + " processes and threads, all jobs of this user together",
           raise("u", kComfortableProcesses, hard)}};
}

Findings check_core_files(const LimitFacts& facts) {
  if (facts.core_bytes.soft == 0) return {};
  return {{Severity::kNote, "core files",
           "a crash writes a core file, with GPUs often of many GiB for each process",
           "ulimit -c 0 before the start, if you do not need them"}};
}

}  // namespace

Findings check_shared_memory(const SharedMemoryFacts& facts) {
  const std::string what = "/dev/shm";
  const std::string remedy =
      facts.is_in_container
          ? "give the container more: docker run --shm-size=8g (or --ipc=host); in Kubernetes an "
            "emptyDir with medium: Memory on /dev/shm"
          : "as root: mount -o remount,size=8G /dev/shm";
  const std::string purpose = "; NCCL and data loaders exchange data there";
  if (!facts.space) {
    return {{Severity::kFail, what, "there is none" + purpose,
             facts.is_in_container ? remedy : "as root: mount -t tmpfs tmpfs /dev/shm"}};
  }
  const auto [total_bytes, free_bytes] = *facts.space;
  const std::string size = gib_text(free_bytes) + " of " + gib_text(total_bytes) + " GiB free";
  if (total_bytes < kLeastShmBytes) return {{Severity::kWarn, what, size + purpose, remedy}};
  if (free_bytes < kLeastShmFreeBytes) {
    return {{Severity::kWarn, what, size + purpose,
             "ls -l /dev/shm: remove what ended programs left there"}};
  }
  return {{Severity::kOk, what, size}};
}

Findings check_limits(const LimitFacts& facts) {
  Findings all;
  for (const Findings& findings : {check_open_files(facts), check_locked_memory(facts),
                                   check_processes(facts), check_core_files(facts)}) {
    all.insert(all.end(), findings.begin(), findings.end());
  }
  return all;
}

}  // namespace dplaunch::doctor
