#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/config/config.h"

namespace dplaunch {

/// One key of the configuration file: where it is stored, what it may be, and what it means.
struct ConfigKey {
  using Member =
      std::variant<std::int64_t Config::*, double Config::*, bool Config::*, std::string Config::*>;

  std::string_view name;
  Member member;
  std::string_view help;
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  /// Of a string key: what it may be; empty = any text. Of a whole number: one word for 0.
  std::vector<std::string_view> choices = {};
};

/// All keys, in the order in which `--show-config` and config.resolved.yml list them.
const std::vector<ConfigKey>& config_keys();

/// The key of that name, or nullptr.
const ConfigKey* find_config_key(std::string_view name);

/// The existing key that a mistyped name most likely means, or an empty string.
std::string suggest_config_key(std::string_view mistyped);

/// Sets the key's member from the text of a scalar. Returns an empty string, or what is wrong with
/// the text ("is not a whole number", "must be at least 1", ...).
std::string set_config_value(Config& config, const ConfigKey& key, const std::string& text);

/// The member's value as text that `set_config_value` reads back to the same value.
std::string config_value(const Config& config, const ConfigKey& key);

}  // namespace dplaunch
