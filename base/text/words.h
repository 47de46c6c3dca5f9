#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace dplaunch {

/// "1 rank", "3 ranks"; where an s does not make the plural, give it: counted(2, "batch",
/// "batches").
std::string counted(std::int64_t count, std::string_view noun, std::string_view plural = {});

/// "a, b, c".
std::string joined(const std::vector<std::string>& words, std::string_view separator = ", ");

/// What stands between the separators, empty pieces included: "a,,b" has three, "" has one.
std::vector<std::string> split(std::string_view text, char separator);

/// "10 s", "0.2 s".
std::string seconds_text(std::chrono::milliseconds time);

/// "2026-11-24 12:42:42", in the local time zone.
std::string local_time_text(std::time_t time);

/// "21.5": in GiB with one decimal.
std::string gib_text(std::int64_t bytes);

/// "812 B", "1.2 MiB", "3.4 GiB".
std::string bytes_text(std::int64_t bytes);

/// Levenshtein distance in bytes: what every "did you mean" ranks by.
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace dplaunch
