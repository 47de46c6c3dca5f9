#include "launcher/devices/clean_text.h"

#include <cstdint>

namespace dplaunch {
namespace {

/// The bytes of the character that `text` begins with, and its code point; 0 bytes if it is none.
struct Character {
  std::size_t bytes = 0;
  std::uint32_t code = 0;
};

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

Character first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {1, lead};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  std::uint32_t code = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if (!is_continuation(text[i])) return {};
    code = (code << 6) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  const std::uint32_t smallest = bytes == 4 ? 0x10000 : bytes == 3 ? 0x800 : 0x80;
  const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < smallest || code > 0x10FFFF || is_surrogate) return {};
  return {bytes, code};
}

bool is_harmful(std::uint32_t code) {
  const bool is_control = code < 0x20 || (code >= 0x7F && code < 0xA0);
  const bool breaks_line = code == 0x2028 || code == 0x2029;
  // https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
  const bool turns_direction = code == 0x200E || code == 0x200F || code == 0x061C ||
                               (code >= 0x202A && code <= 0x202E) ||
                               (code >= 0x2066 && code <= 0x2069);
  return is_control || breaks_line || turns_direction;
}

}  // namespace

std::string clean_text(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const Character character = first_character(text);
    const bool is_good = character.bytes > 0 && !is_harmful(character.code);
    const std::size_t bytes = character.bytes > 0 ? character.bytes : 1;
    clean += is_good ? text.substr(0, bytes) : "?";
    text.remove_prefix(bytes);
  }
  return clean;
}

std::string shortened(const std::string& text, std::size_t width) {
  std::size_t characters = 0;
  std::size_t cut = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_continuation(text[i])) continue;
    if (characters == width - 3) cut = i;
    ++characters;
  }
  return characters <= width ? text : text.substr(0, cut) + "...";
}

}  // namespace dplaunch
