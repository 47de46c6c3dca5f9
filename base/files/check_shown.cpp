#include "base/files/check_shown.h"

#include <ostream>

#include "base/error.h"

namespace dplaunch {

int check_shown(std::ostream& out) {
  if (out.flush()) return to_int(ExitCode::kSuccess);
  throw Error(ExitCode::kStorage, "cannot write to standard output", "is the disk full?");
}

}  // namespace dplaunch
