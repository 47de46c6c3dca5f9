#pragma once

#include <filesystem>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/config/config.h"

namespace dplaunch {

/// A configuration and, for each key, where its value came from: "default", "configs/a.yml:3" or
/// "--set".
struct ResolvedConfig {
  Config config;
  std::map<std::string, std::string> origin;
};

/// One assignment from the command line, for example {"bsize", "64", "--set"}.
struct Override {
  std::string key;
  std::string value;
  std::string origin;
};

/// Splits "key=value". Throws Error(kUsage) without a '='.
Override parse_override(const std::string& assignment);

/// Reads the YAML file, if one is given, and applies the overrides on top, in order. A user named
/// it: a pipe is read too, once (`-c <(command)`). Throws Error(kUsage) naming file:line for an
/// unreadable file, bad YAML, an unknown key (with a suggestion), a key given twice, an ill-typed
/// or out-of-range value, and values that contradict each other.
ResolvedConfig load_config(const std::optional<std::filesystem::path>& file,
                           const std::vector<Override>& overrides);

/// The same of the file of a run, which is a regular file or refused.
ResolvedConfig load_stored_config(const std::filesystem::path& file,
                                  const std::vector<Override>& overrides);

/// The same of YAML that is at hand; `name` stands in messages for its file.
ResolvedConfig parse_config(const std::string& yaml, const std::string& name,
                            const std::vector<Override>& overrides);

/// Whether to_yaml() can hold the text: YAML is Unicode, and yaml-cpp replaces each byte that is
/// not.
bool can_be_stored(const std::string& text);

/// The configuration as YAML that `load_config` reads back to an equal one.
std::string to_yaml(const Config& config);

/// The table of `--show-config`: key, value, origin, help.
void show_config(std::ostream& out, const ResolvedConfig& resolved);

}  // namespace dplaunch
