#include "launcher/commands/doctor/check_limits.h"

#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace dplaunch::doctor {

// --- the probe -----------------------------------------------------------------------------------

namespace {

namespace fs = std::filesystem;

std::int64_t to_limit(rlim_t value) {
  return value == RLIM_INFINITY ? kUnlimited : static_cast<std::int64_t>(value);
}

Limit limit_of(__rlimit_resource resource) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return {};
  return {to_limit(limit.rlim_cur), to_limit(limit.rlim_max)};
}

}  // namespace

LimitFacts probe_limits() {
  std::error_code error;
  const fs::path infiniband = "/sys/class/infiniband";
  return {limit_of(RLIMIT_NOFILE),
          limit_of(RLIMIT_MEMLOCK),
          limit_of(RLIMIT_NPROC),
          limit_of(RLIMIT_CORE),
          fs::is_directory(infiniband, error) && !fs::is_empty(infiniband, error),
          ::geteuid() == 0};
}

// --- the judgement -------------------------------------------------------------------------------

namespace {

/// What Linux gives by default: below it, somebody has lowered the limit.
constexpr std::int64_t kComfortableFiles = 1024;
/// The launcher's own descriptors, and some for each of a few processes.
constexpr std::int64_t kMinFiles = 64;
constexpr std::int64_t kComfortableProcesses = 4096;

bool is_below(std::int64_t limit, std::int64_t bound) {
  return limit != kUnlimited && limit < bound;
}

std::string limit_text(std::int64_t limit) {
  return limit == kUnlimited ? "unlimited" : std::to_string(limit);
}

/// How to raise a soft limit, for which only root can go beyond the hard one.
std::string raise(const std::string& option, std::int64_t wanted, std::int64_t hard) {
  const bool fits = hard == kUnlimited || (wanted != kUnlimited && wanted <= hard);
  if (fits) return fmt::format("ulimit -{} {} before the start", option, limit_text(wanted));
  return fmt::format(
      "the hard limit is {}: raise it in /etc/security/limits.conf, or for a container with docker "
      "run --ulimit",
      limit_text(hard));
}

Findings check_open_files(const LimitFacts& facts) {
  const auto [soft, hard] = facts.open_files;
  const std::string text = fmt::format("ulimit -n: {} open files", limit_text(soft));
  if (!is_below(soft, kComfortableFiles)) return {{Severity::kOk, "open files", text}};
  return {{is_below(soft, kMinFiles) ? Severity::kFail : Severity::kWarn, "open files",
           text + ", which many processes or data loaders exceed",
           raise("n", 4 * kComfortableFiles, hard)}};
}

Findings check_locked_memory(const LimitFacts& facts) {
  const auto [soft, hard] = facts.locked_memory_bytes;
  if (!facts.has_infiniband || soft == kUnlimited) return {};
  return {{Severity::kWarn, "locked memory",
           fmt::format("InfiniBand registers memory with the adapter, but ulimit -l allows {} KiB",
                       soft / 1024),
           raise("l", kUnlimited, hard)}};
}

Findings check_processes(const LimitFacts& facts) {
  const auto [soft, hard] = facts.processes;
  if (facts.is_root || !is_below(soft, kComfortableProcesses)) return {};
  return {{Severity::kWarn, "processes",
           fmt::format("ulimit -u: {} processes and threads, all jobs of this user together",
                       limit_text(soft)),
           raise("u", kComfortableProcesses, hard)}};
}

Findings check_core_files(const LimitFacts& facts) {
  if (facts.core_bytes.soft == 0) return {};
  return {{Severity::kNote, "core files",
           "a crash writes a core file, with GPUs often of many GiB for each process",
           "ulimit -c 0 before the start, if you do not need them"}};
}

}  // namespace

Findings check_limits(const LimitFacts& facts) {
  return together({check_open_files(facts), check_locked_memory(facts), check_processes(facts),
                   check_core_files(facts)});
}

}  // namespace dplaunch::doctor
