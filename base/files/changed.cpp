#include "base/files/changed.h"

#include <sys/stat.h>
#include <time.h>

#include <algorithm>

#include "base/monotonic_clock.h"

namespace dplaunch {

std::int64_t changed_ns(const std::filesystem::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return 0;
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  constexpr std::int64_t kNsPerSecond = 1'000'000'000;
  const std::int64_t age_ns =
      (now.tv_sec - info.st_mtim.tv_sec) * kNsPerSecond + (now.tv_nsec - info.st_mtim.tv_nsec);
  return monotonic_ns() - std::max<std::int64_t>(0, age_ns);
}

}  // namespace dplaunch
