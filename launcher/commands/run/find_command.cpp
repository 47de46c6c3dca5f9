#include "launcher/commands/run/find_command.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "base/error.h"
#include "base/process/find_program.h"
#include "base/text/shell_word.h"
#include "base/text/words.h"
#include "common/rank_environment.h"

namespace dplaunch {
namespace {

/// "FOO=1"
bool is_assignment(const std::string& word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos || equals == 0) return false;
  return std::isdigit(static_cast<unsigned char>(word.front())) == 0 &&
         std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(equals),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

bool is_word_of_a_shell(const std::string& word) {
  constexpr std::array<std::string_view, 22> kWords = {
      "cd",    "export", "source", ".",      "alias", "set",   "unset", "ulimit",
      "umask", "eval",   "exec",   "if",     "for",   "while", "case",  "wait",
      "trap",  "{",      "(",      "module", "conda", "[["};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

std::string in_a_shell(const std::string& line) {
  return fmt::format("a shell has to read that: -- bash -c {}", shell_word(line));
}

/// "cd x python train.py" was typed with a "&&" that the shell took for itself.
std::string line_of(const std::vector<std::string>& words) {
  if (words.front() != "cd" || words.size() > 2) return shell_words(words);
  return shell_words(words) + " && COMMAND";
}

/// Of words that are no program's name; empty for what is just not there.
std::string hint_for(const std::vector<std::string>& words) {
  const std::string& first = words.front();
  if (is_word_of_a_shell(first)) return in_a_shell(line_of(words));
  if (first.find_first_of("|&;<>$`") != std::string::npos) return in_a_shell(first);
  if (first.find(' ') != std::string::npos) {
    std::vector<std::string> parts = split(first, ' ');
    std::erase(parts, "");
    if (parts.empty()) return {};
    parts.insert(parts.end(), words.begin() + 1, words.end());
    if (!is_assignment(parts.front())) {
      return "without the quotes, each word is a word of its own: -- " + shell_words(parts);
    }
    return "a variable is set by env: -- env " + shell_words(parts);
  }
  if (is_assignment(first)) return "a variable is set by env: -- env " + shell_words(words);
  if (first.starts_with('-')) {
    return "a program comes first: -- python " + shell_words(words);
  }
  if (first == "python") return "is it python3? -- python3 ...";
  return {};
}

}  // namespace

std::string find_command(const std::vector<std::string>& words) {
  try {
    return find_program(words.front(), process_variable("PATH"));
  } catch (const Error& error) {
    const std::string hint = hint_for(words);
    if (hint.empty() || error.code() != ExitCode::kNotFound) throw;
    throw Error(error.code(), error.what(), hint);
  }
}

}  // namespace dplaunch
