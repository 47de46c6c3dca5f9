#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/files/unique_fd.h"
#include "tests/support/owned_child.h"

namespace dplaunch {

/// A program in a terminal of its own (a pty), as the leader of the terminal's session.
class Terminal : public OwnedChild {
 public:
  /// Runs `argv` in `folder` with `entry` ("NAME=value") added to its environment.
  Terminal(const std::filesystem::path& folder, const std::string& entry,
           const std::vector<std::string>& argv);

  void type(const std::string& keys) const;
  /// Reads until the terminal has shown `text`; false if the program ends before, or after ten
  /// silent seconds.
  bool shows(const std::string& text);
  /// The user closes the window: the kernel hangs up on the session.
  void close() { master_.reset(); }

 private:
  UniqueFd master_;
  std::string shown_;
};

}  // namespace dplaunch
