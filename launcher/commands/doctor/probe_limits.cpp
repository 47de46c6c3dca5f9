#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "launcher/commands/doctor/file_system_space.h"
#include "launcher/commands/doctor/probes.h"

namespace dplaunch::doctor {
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

bool is_in_container() {
  std::error_code error;
  return fs::exists("/.dockerenv", error) || fs::exists("/run/.containerenv", error) ||
         std::getenv("KUBERNETES_SERVICE_HOST") != nullptr || std::getenv("container") != nullptr;
}

SharedMemoryFacts probe_shared_memory() {
  return {space_of("/dev/shm"), is_in_container()};
}

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

}  // namespace dplaunch::doctor
