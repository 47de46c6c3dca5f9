#pragma once

#include <string>

#include "common/config/config.h"
#include "common/run_folder.h"

namespace dplaunch {

/// For a run that is to be resumed and has nothing left to do.
std::string nothing_left_words(const RunFolder& run, const Config& config);

/// The last line of a job, for the user: where the results are, or the command that goes on from
/// the newest checkpoint.
std::string closing_words(const RunFolder& run, const std::string& device, bool is_success);

}  // namespace dplaunch
