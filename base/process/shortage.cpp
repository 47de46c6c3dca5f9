#include "base/process/shortage.h"

#include <fmt/core.h>
#include <sys/resource.h>

#include <cerrno>

namespace dplaunch {
namespace {

std::string soft_limit(__rlimit_resource resource) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return "unknown";
  return limit.rlim_cur == RLIM_INFINITY ? "unlimited" : std::to_string(limit.rlim_cur);
}

}  // namespace

std::string shortage_hint(int error_number) {
  switch (error_number) {
    case EAGAIN:
      return fmt::format(
          "no more processes or threads are allowed (ulimit -u: {}, of all jobs of this user; a "
          "container or batch system may allow fewer): end some, raise the limit, or start fewer",
          soft_limit(RLIMIT_NPROC));
    case ENOMEM:
      return "memory is full (free -h), or a limit of it is reached: start fewer processes";
    case EMFILE:
      return fmt::format(
          "no more files may be open (ulimit -n: {}): raise the limit, or start fewer processes",
          soft_limit(RLIMIT_NOFILE));
    case ENFILE:
      return "no more files may be open on this machine (/proc/sys/fs/file-max)";
    default:
      return {};
  }
}

}  // namespace dplaunch
