#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dplaunch {

/// The character of UTF-8 that a text begins with.
struct Utf8Character {
  std::size_t bytes = 0;  ///< 0: the text does not begin with a valid one
  std::uint32_t code = 0;
};

/// `text` is not empty.
Utf8Character first_character(std::string_view text);

/// The bytes of the escape sequence that the text begins with, cut off or not: "ESC [ ... letter",
/// a string of one ("ESC ] 0;title BEL", "ESC P ... ESC \"), or ESC and a character or two. 0 where
/// there is none.
std::size_t escape_sequence_bytes(std::string_view text);

/// What becomes of what is not fit for one line of a terminal.
enum class Unprintable {
  kMarked,   ///< each becomes "?"
  kLeftOut,  ///< escape sequences and all else go, a tab becomes a space
};

/// Text of others (a command line, a message) made fit for one line of a terminal, where it can
/// only be read: nothing in it moves the cursor, changes colours, or turns the direction of writing
/// (https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters). A byte that is no
/// UTF-8 becomes "?" in any case: the result is valid UTF-8.
std::string printable(std::string_view text, Unprintable unprintable = Unprintable::kMarked);

/// The same for a text of several lines: line feeds stay.
std::string printable_lines(std::string_view text);

}  // namespace dplaunch
