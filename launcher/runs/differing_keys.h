#pragma once

#include <string>
#include <vector>

#include "launcher/runs/whole_run.h"

namespace dplaunch {

/// Something in which runs differ: a key of the configuration, or of where they ran ("processes",
/// "devices", "host", ...).
struct DifferingKey {
  std::string key;
  std::vector<std::string> values;  ///< one for each run; "-" where it is not known
};

/// In the order of the configuration. What a run is called is no difference.
std::vector<DifferingKey> differing_keys(const std::vector<const WholeRun*>& runs);

/// "2 x CPU"; empty if it is not known.
std::string devices_words(const WholeRun& run);

}  // namespace dplaunch
