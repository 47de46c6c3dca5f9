#include "launcher/view/text_width.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace dplaunch {
namespace {

struct Range {
  std::uint32_t first, last;
};

// Blocks of the Unicode standard, coarse: text of ours is ASCII but for names that users choose.
constexpr std::array kNarrowless = {Range{0x0300, 0x036f}, Range{0x200b, 0x200f},
                                    Range{0x20d0, 0x20ff}, Range{0xfe00, 0xfe0f}};
constexpr std::array kWide = {
    Range{0x1100, 0x115f},   Range{0x2e80, 0xa4cf},   Range{0xac00, 0xd7a3},
    Range{0xf900, 0xfaff},   Range{0xfe30, 0xfe6f},   Range{0xff00, 0xff60},
    Range{0xffe0, 0xffe6},   Range{0x1f300, 0x1f64f}, Range{0x1f680, 0x1f6ff},
    Range{0x1f900, 0x1f9ff}, Range{0x20000, 0x3fffd}};

template <std::size_t N>
bool is_in(const std::array<Range, N>& ranges, std::uint32_t code) {
  return std::any_of(ranges.begin(), ranges.end(), [code](const Range& range) {
    return range.first <= code && code <= range.last;
  });
}

/// What stands at the beginning of a text that is not empty.
struct Piece {
  std::size_t bytes = 1;
  int columns = 1;
  bool is_escape = false;
};

Piece escape_sequence(std::string_view text) {
  if (text.size() < 2 || text[1] != '[') return {1, 0, true};
  std::size_t end = 2;
  while (end < text.size() && (text[end] < 0x40 || text[end] > 0x7e)) ++end;
  return {std::min(end + 1, text.size()), 0, true};
}

Piece first_piece(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text[0]);
  if (byte == 0x1b) return escape_sequence(text);
  if (byte < 0x20 || byte == 0x7f) return {1, 0, false};
  if (byte < 0x80) return {};
  const std::size_t bytes = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
  if (byte < 0xc2 || byte > 0xf4 || text.size() < bytes) return {};
  std::uint32_t code = byte & (0xffU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0U) != 0x80) return {};
    code = code << 6U | (next & 0x3fU);
  }
  return {bytes, is_in(kNarrowless, code) ? 0 : is_in(kWide, code) ? 2 : 1, false};
}

}  // namespace

int columns_of(std::string_view text) {
  int columns = 0;
  while (!text.empty()) {
    const Piece piece = first_piece(text);
    columns += piece.columns;
    text.remove_prefix(piece.bytes);
  }
  return columns;
}

std::string cut_to(std::string_view text, int columns) {
  std::string cut;
  bool has_room = true;
  while (!text.empty()) {
    const Piece piece = first_piece(text);
    has_room = has_room && piece.columns <= columns;
    if (has_room || piece.is_escape) cut.append(text.substr(0, piece.bytes));
    if (has_room) columns -= piece.columns;
    text.remove_prefix(piece.bytes);
  }
  return cut;
}

std::string without_controls(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const Piece piece = first_piece(text);
    const auto byte = static_cast<unsigned char>(text[0]);
    if (byte == '\t') plain += ' ';
    if (byte >= 0x20 && byte != 0x7f) plain.append(text.substr(0, piece.bytes));
    text.remove_prefix(piece.bytes);
  }
  return plain;
}

}  // namespace dplaunch
