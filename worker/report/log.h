#pragma once

#include <string>

namespace dplaunch {

/// One line to standard output, at once and in one write: the launcher prefixes it with the rank
/// and keeps it in rank-N.log.
void log_line(const std::string& line);

/// The same to standard error, where the launcher shows the lines of every rank.
void warn_line(const std::string& line);

}  // namespace dplaunch
