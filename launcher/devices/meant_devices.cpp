#include "launcher/devices/meant_devices.h"

#include <array>
#include <cctype>
#include <cstddef>
#include <string_view>
#include <vector>

#include "base/text/words.h"

namespace dplaunch {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Without brackets and quotes, in small letters, with commas and dashes between the parts.
std::string tidied(const std::string& text) {
  std::string tidy;
  for (const char c : text) {
    const bool is_separator = c == ' ' || c == ';' || c == '+' || c == '\t';
    if (is_separator) tidy += ',';
    if (is_separator || std::string_view("[](){}\"'").find(c) != std::string_view::npos) continue;
    tidy += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (const std::size_t dots = tidy.find(".."); dots != std::string::npos) {
    tidy.replace(dots, 2, "-");
  }
  return tidy;
}

/// "cpu4", "cpu-4", "cpux4" -> "cpu:4".
std::string with_count(const std::string& part, std::string_view word, std::string_view here) {
  if (!part.starts_with(word)) return {};
  std::string_view count(part);
  count.remove_prefix(word.size());
  if (!count.empty() && std::string_view(":-=x*_").find(count.front()) != std::string_view::npos) {
    count.remove_prefix(1);
  }
  return is_number(count) ? std::string(here) + ":" + std::string(count) : std::string();
}

/// "cuda:0" -> "0"; "cuda" alone means whatever GPUs there are.
std::string without_kind(const std::string& part) {
  for (const std::string_view kind :
       {"nvidia", "cuda", "amd", "rocm", "hip", "gpus", "gpu", "device", "dev"}) {
    if (!part.starts_with(kind)) continue;
    if (part.size() == kind.size()) return "all";
    const std::size_t rest = part.find_first_not_of(":=_", kind.size());
    if (rest == std::string::npos) return part;
    // "gpu-3090a" is a UUID's beginning in small letters.
    return part[rest] == '-' ? "GPU" + part.substr(rest) : part.substr(rest);
  }
  return part.starts_with("mig-") ? "MIG" + part.substr(3) : part;
}

std::string meant_part(const std::string& part) {
  constexpr std::array kCounted = {std::pair("cpus", "cpu"), std::pair("cpu", "cpu"),
                                   std::pair("auto", "auto"), std::pair("all", "auto")};
  for (const auto& [word, here] : kCounted) {
    if (std::string counted = with_count(part, word, here); !counted.empty()) return counted;
  }
  return without_kind(part);
}

}  // namespace

std::string meant_devices(const std::string& text) {
  std::vector<std::string> parts;
  for (const std::string& part : split(tidied(text), ',')) {
    if (!part.empty()) parts.push_back(meant_part(part));
  }
  return joined(parts, ",");
}

}  // namespace dplaunch
