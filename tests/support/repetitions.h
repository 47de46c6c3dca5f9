#pragma once

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace dplaunch::testing {

/// How many rounds a test of a race or of chance runs: `all` with DPLAUNCH_TEST_REPETITIONS=all, as
/// in the nightly list, otherwise at most three.
inline int repetitions(int all) {
  constexpr int kFew = 3;
  const char* const wanted = std::getenv("DPLAUNCH_TEST_REPETITIONS");
  const bool is_nightly = wanted != nullptr && std::string_view(wanted) == "all";
  return is_nightly ? all : std::min(kFew, all);
}

}  // namespace dplaunch::testing
