#pragma once

#include <string>

#include "tests/support/run_program.h"

namespace dplaunch::testing {

/// The values of a variable in each rank of a --dry-run; with a space between; "-" where it is
/// not set.
inline std::string values_in_ranks(const ShellResult& result, const std::string& variable) {
  std::string found;
  for (std::size_t rank = 0; (rank = result.out.find("\nrank ", rank)) != std::string::npos;) {
    const std::size_t end = result.out.find("\nrank ", ++rank);
    const std::string text = result.out.substr(rank, end - rank);
    const std::string name = "\n  " + variable + "=";
    const std::size_t mask = text.find(name);
    const std::size_t value = mask + name.size();
    found += found.empty() ? "" : " ";
    found += mask == std::string::npos ? "-" : text.substr(value, text.find('\n', value) - value);
  }
  return found;
}

}  // namespace dplaunch::testing
