#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>

#include "base/files/unique_fd.h"

namespace dplaunch {

/// Where text is shown: a descriptor of this process, which may have a reader that is slow, stopped
/// or gone, or a stream in memory.
class TextSink {
 public:
  /// std::cout and std::cerr stand for their descriptors; what they hold back is written now.
  explicit TextSink(std::ostream& stream);

  int fd() const { return fd_; }  ///< -1: in memory
  bool is_terminal() const;
  std::string name() const;  ///< "standard output", for the user

  /// Writes `bytes`, waiting for the reader, and returns how many of them: fewer than all once
  /// nothing can be written any more. Changes no flag of the descriptor, which other programs
  /// share.
  std::size_t write(std::string_view bytes);

  /// From now on write() gives up where the reader takes nothing for so long; from any thread.
  void limit_patience(std::chrono::milliseconds time);

 private:
  bool wait_until_writable();
  int target() const { return terminal_ ? terminal_.get() : fd_; }

  std::ostream& stream_;
  int fd_ = -1;
  std::size_t max_write_bytes_ = 0;  ///< that cannot block once a file or pipe is writable
  UniqueFd terminal_;  ///< fd_'s, opened anew so that it can be non-blocking for us alone
  UniqueFd wake_;      ///< an eventfd: the patience has changed
  std::atomic<int> patience_ms_ = -1;
};

/// Whether both lead to the same terminal, pipe or file.
bool is_same_place(std::ostream& a, std::ostream& b);

/// Says it on standard error, if that takes it at once.
void say_if_possible(std::string_view text);

}  // namespace dplaunch
