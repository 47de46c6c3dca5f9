#pragma once

#include <ctime>
#include <filesystem>
#include <string>

namespace dplaunch {

/// The end of a rank's log.
struct LogEnd {
  std::string text;         ///< the last line that is not blank, fit for a terminal; of a progress
                            ///< bar (lines that end in "\r") its newest state
  std::time_t written = 0;  ///< when the log last grew; 0: there is no log, or nothing in it
};

/// Never throws: what cannot be read is left out.
LogEnd read_log_end(const std::filesystem::path& path);

}  // namespace dplaunch
