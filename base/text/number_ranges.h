#pragma once

#include <string>
#include <vector>

namespace dplaunch {

/// "0-7,16-23", of ascending numbers: CPUs as the kernel writes them, ranks.
std::string number_ranges(const std::vector<int>& numbers);

}  // namespace dplaunch
