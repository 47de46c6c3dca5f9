#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>

namespace dplaunch {

/// The value that one of a few words stands for; nullopt for any other word.
template <typename Value>
std::optional<Value> choice_of(std::string_view word,
                               std::initializer_list<std::pair<std::string_view, Value>> choices) {
  for (const auto& [name, value] : choices) {
    if (name == word) return value;
  }
  return std::nullopt;
}

}  // namespace dplaunch
