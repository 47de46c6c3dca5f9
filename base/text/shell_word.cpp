#include "base/text/shell_word.h"

#include <cstdio>

#include "base/text/printable.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

/// A script may have many lines, and is best read as it is.
bool is_harmless(const std::string& text) {
  std::string without = text;
  std::erase_if(without, [](char c) { return c == '\n' || c == '\t'; });
  return printable(without) == without;
}

/// As $'...' (POSIX 2024): it can be shown on a terminal, and be pasted.
std::string escaped_word(const std::string& text) {
  std::string quoted = "$'";
  for (const char c : text) {
    const bool is_plain = c >= ' ' && c <= '~' && c != '\'' && c != '\\';
    char escaped[8];
    std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned char>(c));
    quoted += is_plain ? std::string(1, c) : std::string(escaped);
  }
  return quoted + "'";
}

}  // namespace

std::string shell_word(const std::string& text) {
  const bool is_plain = !text.empty() && text.find_first_not_of(
                                             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                             "0123456789_-./:=,+@%") == std::string::npos;
  if (is_plain) return text;
  if (!is_harmless(text)) return escaped_word(text);
  // Within single quotes nothing has a meaning but their end: a quote ends them, stands escaped
  // outside, and begins them anew.
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string shell_words(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  for (const std::string& word : words) quoted.push_back(shell_word(word));
  return joined(quoted, " ");
}

}  // namespace dplaunch
