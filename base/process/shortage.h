#pragma once

#include <string>

namespace dplaunch {

/// Which limit of this user or machine an errno of fork(), exec(), pipe() or a new thread speaks
/// of, and what to do about it; empty for an errno that is no shortage.
std::string shortage_hint(int error_number);

}  // namespace dplaunch
