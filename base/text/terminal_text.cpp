#include "base/text/terminal_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text/printable.h"

namespace dplaunch {
namespace {

struct Range {
  std::uint32_t first, last;
};

// Blocks of the Unicode standard, coarse: text of ours is ASCII but for names that users choose.
constexpr std::array kZeroWidth = {Range{0x0300, 0x036f}, Range{0x200b, 0x200f},
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

Piece first_piece(std::string_view text) {
  if (const std::size_t bytes = escape_sequence_bytes(text); bytes > 0) return {bytes, 0, true};
  const Utf8Character character = first_character(text);
  if (character.bytes == 0) return {};
  if (character.code < 0x20 || character.code == 0x7f) return {1, 0, false};
  const int columns = is_in(kZeroWidth, character.code) ? 0 : is_in(kWide, character.code) ? 2 : 1;
  return {character.bytes, columns, false};
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

std::string shortened(std::string_view text, int columns) {
  constexpr int kEllipsisColumns = 3;
  if (columns_of(text) <= columns) return std::string(text);
  return cut_to(text, columns - kEllipsisColumns) + "...";
}

std::string_view newest_state(std::string_view line) {
  const std::size_t last = line.find_last_not_of('\r');
  if (last == std::string_view::npos) return {};
  line = line.substr(0, last + 1);
  return line.substr(line.find_last_of('\r') + 1);  // npos + 1 is 0
}

}  // namespace dplaunch
