#include "launcher/page/page_text.h"

#include <fmt/core.h>

#include <cmath>

#include "base/text/printable.h"

namespace dplaunch {
namespace {

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

}  // namespace

std::string shortened_to_bytes(std::string text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text + "...";
}

std::string page_text(std::string_view text, std::size_t max_bytes) {
  // One that is megabytes long is not gone through to its end.
  return escaped(shortened_to_bytes(printable(text.substr(0, 2 * max_bytes)), max_bytes));
}

std::string page_lines(std::string_view text, std::size_t max_bytes) {
  return escaped(shortened_to_bytes(printable_lines(text.substr(0, 2 * max_bytes)), max_bytes));
}

std::string script_json(const Json& json) {
  const std::string text = json.dump(-1, ' ', true, Json::error_handler_t::replace);
  std::string result;
  for (const char c : text) {
    if (c == '<' || c == '>' || c == '&') {
      result += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      result += c;
    }
  }
  return result;
}

std::string coordinate(double value) {
  std::string text = fmt::format("{:.2f}", value);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string value_text(double value) {
  return std::isfinite(value) ? fmt::format("{:.6g}", value) : "-";
}

}  // namespace dplaunch
