#include "base/text/printable.h"

#include <algorithm>

namespace dplaunch {
namespace {

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

/// C0 and C1 control characters move a terminal's cursor; the others are those that Unicode
/// treats as the end of a line, or that show text in another order than it is in.
bool is_harmful(std::uint32_t code) {
  const bool is_control = code < 0x20 || (code >= 0x7F && code < 0xA0);
  const bool breaks_line = code == 0x2028 || code == 0x2029;
  const bool turns_direction = code == 0x200E || code == 0x200F || code == 0x061C ||
                               (code >= 0x202A && code <= 0x202E) ||
                               (code >= 0x2066 && code <= 0x2069);
  return is_control || breaks_line || turns_direction;
}

/// From where a string that "ESC ]" or the like begins, which is behind it, to its end: BEL or "ESC
/// \". A string ends at any other control character too, as a terminal gives up there.
std::size_t string_end(std::string_view text, std::size_t begin) {
  constexpr char kBell = 0x07;
  std::size_t end = begin;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) >= 0x20)) ++end;
  if (end == text.size()) return end;
  if (text[end] == kBell) return end + 1;
  return text.substr(end).starts_with("\x1b\\") ? end + 2 : end;
}

}  // namespace

Utf8Character first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {1, lead};
  // RFC 3629: 0xC0, 0xC1 and all above 0xF4 begin no character.
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  std::uint32_t code = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if (!is_continuation(text[i])) return {};
    code = (code << 6) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  // A longer form than needed hides a character from whoever looks for its bytes.
  const std::uint32_t smallest = bytes == 4 ? 0x10000 : bytes == 3 ? 0x800 : 0x80;
  const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < smallest || code > 0x10FFFF || is_surrogate) return {};
  return {bytes, code};
}

std::size_t escape_sequence_bytes(std::string_view text) {
  constexpr char kEscape = 0x1b;
  if (text.empty() || text[0] != kEscape) return 0;
  // ECMA-48: what begins a string of text, what begins parameters, and the rest.
  constexpr std::string_view kStrings = "]PX^_";
  if (text.size() < 2) return 1;
  if (kStrings.find(text[1]) != std::string_view::npos) return string_end(text, 2);
  std::size_t end = 1;
  if (text[1] == '[') {
    // Parameters and intermediate bytes, then one final byte from @ to ~.
    end = 2;
    while (end < text.size() && (text[end] < 0x40 || text[end] > 0x7e)) ++end;
  } else {
    // Intermediate bytes (a character set's), then one final byte.
    while (end < text.size() && text[end] >= 0x20 && text[end] <= 0x2f) ++end;
    if (end < text.size() && (text[end] < 0x30 || text[end] > 0x7e)) return end;
  }
  return std::min(end + 1, text.size());
}

std::string printable(std::string_view text, Unprintable unprintable) {
  const bool leaves_out = unprintable == Unprintable::kLeftOut;
  std::string result;
  while (!text.empty()) {
    if (const std::size_t bytes = escape_sequence_bytes(text); leaves_out && bytes > 0) {
      text.remove_prefix(bytes);
      continue;
    }
    const Utf8Character character = first_character(text);
    const std::size_t bytes = std::max<std::size_t>(character.bytes, 1);
    const bool is_fit = character.bytes > 0 && !is_harmful(character.code);
    const bool is_marked = character.bytes == 0 || !leaves_out;
    if (is_fit) {
      result += text.substr(0, bytes);
    } else if (is_marked) {
      result += '?';
    } else if (character.code == '\t') {
      result += ' ';
    }
    text.remove_prefix(bytes);
  }
  return result;
}

std::string printable_lines(std::string_view text) {
  std::string result;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    if (start > 0) result += '\n';
    result += printable(text.substr(start, end - start));
    start = end + 1;
  }
  return result;
}

}  // namespace dplaunch
