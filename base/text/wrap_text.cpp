#include "base/text/wrap_text.h"

#include <algorithm>
#include <string_view>

namespace dplaunch {
namespace {

/// The first bytes of the word, at most `room`, that end with a whole character.
std::string_view fitting(std::string_view word, std::size_t room) {
  if (word.size() <= room) return word;
  while (room > 0 && (word[room] & 0xC0) == 0x80) --room;
  return word.substr(0, room);
}

}  // namespace

std::string wrapped(const std::string& text, std::size_t width, std::size_t indent) {
  std::string_view rest = text;
  const std::size_t first_indent = std::min(rest.find_first_not_of(' '), rest.size());
  std::string lines;
  std::string line(first_indent, ' ');
  bool is_fresh = true;  // no word on this line yet
  rest.remove_prefix(first_indent);
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    if (!is_fresh && line.size() + 1 + word.size() > width) {
      lines += line + "\n";
      line.assign(first_indent + indent, ' ');
      is_fresh = true;
    }
    if (!is_fresh) line += ' ';
    const std::string_view part = fitting(word, width - line.size());
    line += part;
    is_fresh = false;
    rest.remove_prefix(part.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  }
  return lines + line + "\n";
}

}  // namespace dplaunch
