#pragma once

#include <chrono>
#include <string>

namespace dplaunch {

/// "10 s", "0.2 s".
inline std::string seconds_text(std::chrono::milliseconds time) {
  std::string text = std::to_string(time.count() / 1000);
  if (time.count() % 1000 != 0) text += "." + std::to_string(time.count() % 1000 / 100);
  return text + " s";
}

}  // namespace dplaunch
