#pragma once

#include <string>

namespace dplaunch {

/// The name of this host as gethostname(2) has it; "unknown" if it has none.
std::string host_name();

}  // namespace dplaunch
