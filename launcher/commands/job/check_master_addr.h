#pragma once

#include <string>

namespace dplaunch {

/// Throws Error(kUsage) for what --master-addr cannot be: empty, with a port or a scheme; with
/// `is_one_host` also a name that does not exist, and an address that is another host's. Of several
/// hosts the first may get its name only after the others have started.
void check_master_addr(const std::string& address, bool is_one_host);

}  // namespace dplaunch
