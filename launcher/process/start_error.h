#pragma once

#include <string>

#include "base/error.h"

namespace dplaunch {

/// Why `executable`, a path, could not be run, by the errno of fork() or execve() and by what the
/// file is; the hint says what to do. kNotFound if there is no such file, kNotExecutable if it
/// cannot be run as it is, kFailure where the machine lacks something.
Error start_error(const std::string& executable, int error_number);

}  // namespace dplaunch
