#include "launcher/job/check_shown.h"

#include <iostream>

#include "common/error.h"

namespace dplaunch {

int check_shown() {
  if (std::cout.flush()) return to_int(ExitCode::kSuccess);
  throw Error(ExitCode::kStorage, "cannot write to standard output", "is the disk full?");
}

}  // namespace dplaunch
