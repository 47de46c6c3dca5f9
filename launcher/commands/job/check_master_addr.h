#pragma once

#include <string>

#include "common/engine_variables.h"

namespace dplaunch {

/// Throws Error(kUsage) for what host 0's address, without its port, cannot be: empty, a list, with
/// a scheme; with `is_one_host` also a name that does not exist, and an address that is another
/// host's. Of several hosts the first may get its name only after the others have started.
void check_master_addr(const Told<std::string>& address, bool is_one_host);

}  // namespace dplaunch
