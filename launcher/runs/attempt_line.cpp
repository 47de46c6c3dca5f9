#include "launcher/runs/attempt_line.h"

#include <fmt/core.h>

#include "base/text/words.h"

namespace dplaunch {
namespace {

constexpr std::string_view kBegin = "=== dplaunch: attempt ";
constexpr std::string_view kEnd = " ===";

}  // namespace

std::string attempt_line(int attempt, int restart, std::time_t now) {
  return fmt::format("{}{}{}, {}{}", kBegin, attempt,
                     restart > 0 ? fmt::format(", restart {}", restart) : "", local_time_text(now),
                     kEnd);
}

bool is_attempt_line(std::string_view line) {
  return line.starts_with(kBegin) && line.ends_with(kEnd);
}

}  // namespace dplaunch
