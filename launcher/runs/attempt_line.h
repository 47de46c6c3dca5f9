#pragma once

#include <ctime>
#include <string>
#include <string_view>

namespace dplaunch {

/// What parts an attempt from those before it in the same log:
/// "=== dplaunch: attempt 2, 2026-11-24 12:42:42 ===". A restart (from 1) has its own number.
std::string attempt_line(int attempt, int restart, std::time_t now);

bool is_attempt_line(std::string_view line);

}  // namespace dplaunch
