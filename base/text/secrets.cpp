#include "base/text/secrets.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <utility>

namespace dplaunch {
namespace {

constexpr char kMask[] = "***";
constexpr std::string_view kSpaces = " \t\n";

bool is_upper(char c) {
  return std::isupper(static_cast<unsigned char>(c)) != 0;
}

/// "--hfToken_FILE" -> "hf", "token", "file".
std::vector<std::string> parts_of(std::string_view name) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool is_separator = std::string_view("-_.+").find(name[i]) != std::string_view::npos;
    const bool begins_word = i > 0 && is_upper(name[i]) && !is_upper(name[i - 1]);
    if (is_separator || begins_word) parts.emplace_back();
    if (is_separator) continue;
    parts.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
  }
  std::erase(parts, "");
  return parts;
}

bool is_secret(const std::string& part) {
  constexpr std::array kEnds = {"token",    "key",       "secret", "secrets",
                                "password", "passwords", "passwd", "passphrase"};
  return std::ranges::any_of(kEnds, [&](const char* end) { return part.ends_with(end); });
}

bool is_name(std::string_view text) {
  const auto is_part = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-_.+").find(c) != std::string_view::npos;
  };
  return !text.empty() && std::ranges::all_of(text, is_part);
}

bool is_option(std::string_view word) {
  return word.size() > 1 && word.front() == '-' && is_name(word);
}

/// Masks word after word; one may be the value of that before it.
class Masking {
 public:
  std::string masked(const std::string& word) {
    const bool is_value = std::exchange(awaits_value_, false) && !word.starts_with("--");
    if (is_value) return kMask;
    const std::size_t equals = word.find('=');
    const std::string_view name = std::string_view(word).substr(0, equals);
    if (!is_name(name) || !names_secret(name)) return word;
    if (equals != std::string::npos) return std::string(name) + "=" + kMask;
    awaits_value_ = is_option(word);
    return word;
  }

 private:
  bool awaits_value_ = false;
};

/// Where the word of a shell's command line that begins at `begin` ends: quotes keep spaces in it.
std::size_t end_of_word(const std::string& line, std::size_t begin) {
  char quote = 0;
  for (std::size_t i = begin; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (kSpaces.find(c) != std::string_view::npos) {
      return i;
    }
  }
  return line.size();
}

/// "-c", "-lc": of a shell.
bool takes_a_line(const std::string& word) {
  return word.starts_with('-') && !word.starts_with("--") && word.ends_with('c');
}

std::string masked_line(const std::string& line) {
  std::string masked;
  Masking masking;
  for (std::size_t i = 0; i < line.size();) {
    if (kSpaces.find(line[i]) != std::string_view::npos) {
      masked += line[i++];
      continue;
    }
    const std::size_t end = end_of_word(line, i);
    masked += masking.masked(line.substr(i, end - i));
    i = end;
  }
  return masked;
}

}  // namespace

bool names_secret(std::string_view name) {
  constexpr std::array kPlaces = {"file", "path", "dir", "folder"};
  const std::vector<std::string> parts = parts_of(name);
  if (parts.empty() || std::ranges::find(kPlaces, parts.back()) != kPlaces.end()) return false;
  return std::ranges::any_of(parts, is_secret);
}

std::vector<std::string> without_secrets(const std::vector<std::string>& words) {
  std::vector<std::string> masked;
  Masking masking;
  bool is_line = false;
  for (const std::string& word : words) {
    masked.push_back(is_line ? masked_line(word) : masking.masked(word));
    is_line = takes_a_line(word);
  }
  return masked;
}

}  // namespace dplaunch
