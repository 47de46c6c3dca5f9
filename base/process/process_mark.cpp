#include "base/process/process_mark.h"

#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "base/monotonic_clock.h"
#include "base/process/process_table.h"

namespace dplaunch {
namespace {

constexpr auto kFileLocks = __RLIMIT_LOCKS;
constexpr std::string_view kName = "Max file locks";

}  // namespace

ProcessMark ProcessMark::unique() {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number) {
    number = static_cast<std::uint64_t>(monotonic_ns()) ^ static_cast<std::uint64_t>(::getpid())
                                                              << 40U;
  }
  // Above any limit that somebody may have set, and below "unlimited".
  constexpr std::uint64_t kHighest = std::uint64_t{1} << 62U;
  return ProcessMark(number % kHighest | kHighest);
}

bool ProcessMark::can_be_put() {
  rlimit limit{};
  return ::getrlimit(kFileLocks, &limit) == 0 && limit.rlim_max == RLIM_INFINITY;
}

void ProcessMark::put_on_this_process() const {
  rlimit limit{};
  if (::getrlimit(kFileLocks, &limit) != 0) return;
  // The hard limit stays: whoever says `ulimit -x unlimited` may do so.
  limit.rlim_cur = number_;
  ::setrlimit(kFileLocks, &limit);
}

bool ProcessMark::is_on(pid_t pid) const {
  const std::string limits = read_proc_file(pid, "limits").value_or("");
  const std::size_t name = limits.find(kName);
  if (name == std::string::npos) return false;
  // "Max file locks            SOFT                 HARD                 locks"
  const std::size_t soft = limits.find_first_not_of(' ', name + kName.size());
  if (soft == std::string::npos) return false;
  return limits.compare(soft, limits.find(' ', soft) - soft, std::to_string(number_)) == 0;
}

}  // namespace dplaunch
