#pragma once

#include <string>

namespace dplaunch {

/// A line of the table of results, with its end.
std::string result_row(const std::string& name, const std::string& value);

}  // namespace dplaunch
