#pragma once

#include <iosfwd>
#include <string>

namespace dplaunch {

struct DevicesOptions {
  bool json = false;   ///< one JSON object for programs, in place of the tables
  std::string device;  ///< a device string, to show what it would choose; empty for none
};

/// `dplaunch devices`: prints the GPUs with their state, the processes on them, how the GPUs are
/// connected, what an inherited mask (CUDA_VISIBLE_DEVICES) means, and what `auto` would choose. A
/// machine without a GPU is no error: the output says what was probed. The tables fit 80 columns.
/// Returns the exit code. A device string that is no such string, or that chooses nothing here,
/// throws Error(kDevice): the former before anything is printed, the latter after it.
int show_devices(const DevicesOptions& options, std::ostream& out);

}  // namespace dplaunch
