#pragma once

#include <string>

namespace dplaunch {

/// The name of this host as gethostname(2) has it; "unknown" if it has none.
std::string host_name();

/// Without its domain: "node1" of "node1.example.org".
std::string short_host_name(const std::string& name);

}  // namespace dplaunch
