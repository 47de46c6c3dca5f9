#pragma once

#include <sys/types.h>

#include <cstdint>

namespace dplaunch {

/// A number of its own for a process and all that descend from it, whatever group, session, user or
/// environment they make for themselves. It is the soft limit of file locks (RLIMIT_LOCKS), which
/// is kept through fork and exec and which Linux has not obeyed since 2.4.
class ProcessMark {
 public:
  /// Another one than any other mark's.
  static ProcessMark unique();

  /// False where the hard limit has been lowered.
  static bool can_be_put();

  /// Between fork and exec too. What the process starts from now on has it as well. Does nothing
  /// where it cannot be put.
  void put_on_this_process() const;

  /// False for one that is gone.
  bool is_on(pid_t pid) const;

 private:
  explicit ProcessMark(std::uint64_t number) : number_(number) {}

  std::uint64_t number_;
};

}  // namespace dplaunch
