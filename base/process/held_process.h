#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "base/files/unique_fd.h"

namespace dplaunch {

/// A process that need not be a child, and that cannot be mistaken for another, even if it ends and
/// its number is given to one. By a pidfd; where there are none (lacks_pidfds()), by its number and
/// the moment of its start, with a thread that looks every 20 ms.
class HeldProcess {
 public:
  /// The process, if there is one of that number.
  static std::optional<HeldProcess> open(pid_t pid);

  pid_t pid() const { return pid_; }
  /// For poll(): has an event when the process has ended.
  int end_fd() const { return end_.get(); }
  /// 0, or the errno of why not: ESRCH, it has ended; EPERM, it is another user's.
  int signal(int number) const;

 private:
  HeldProcess() = default;
  pid_t pid_ = 0;
  UniqueFd end_;
  std::optional<std::uint64_t> start_ticks_;  ///< without a pidfd
};

}  // namespace dplaunch
