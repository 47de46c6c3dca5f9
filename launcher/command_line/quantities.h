#pragma once

#include <string>
#include <vector>

namespace dplaunch {

// Quantities with units, as people write them. Each takes the option's name for its error, and
// throws Error(kUsage) for a text that is none, with examples. Spaces between number and unit are
// fine.

/// Bytes a second of "200Gb", "200 Gbit/s", "200Gbps" or "200G" (bits, as networks are sold) and of
/// "25GB/s", "25GBps", "23.3 GiB/s" (bytes: a capital B). More than 0.
double parse_bandwidth(const std::string& text, const std::string& option);

/// Seconds of "5us", "1.5 ms", "2s", "40 ns", "2min" or "2m", "1h". At least 0.
double parse_duration(const std::string& text, const std::string& option);

/// Bytes of "44.9MB", "25 MiB", "4096". More than 0.
double parse_size(const std::string& text, const std::string& option);

/// Numbers of processes of "1,2,4" and of "1..1024", which is doubled from the first on, with the
/// last among them. In ascending order, each once; from 1 to a million.
std::vector<int> parse_world_sizes(const std::string& text, const std::string& option);

}  // namespace dplaunch
