#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "launcher/stacks/stack.h"

namespace dplaunch {

/// What is installed that shows the native frames of a running process.
struct NativeTool {
  std::string name;  ///< "eu-stack", which is faster, or "gdb"; empty: neither
  std::string path;
};

NativeTool find_native_tool();

/// The native frames of the process's main thread.
TakenFrames take_by(const NativeTool& tool, pid_t pid);

/// Those in the output of `gdb -batch -ex bt`, which may be anything.
TakenFrames parse_gdb(std::string_view output);
/// The same of `eu-stack -1 -m`.
TakenFrames parse_eu_stack(std::string_view output);

/// "c10d::Reducer::finalize" of "c10d::Reducer::finalize(int, bool) const [clone .cold]": without
/// parameters, which make most of a C++ function's name.
std::string function_name(std::string_view symbol);

/// The frames with the interpreter's own functions, of which there are several for each of Python,
/// as one "(Python)" each time.
Frames without_interpreter(const Frames& frames);

}  // namespace dplaunch
