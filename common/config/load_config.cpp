#include "common/config/load_config.h"

#include <fmt/core.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <iomanip>
#include <ostream>

#include "base/error.h"
#include "base/files/read_file.h"
#include "base/text/printable.h"
#include "base/text/words.h"
#include "common/config/config_keys.h"
#include "common/yaml_pairs.h"

namespace dplaunch {
namespace {

constexpr char kSeeKeys[] = "dplaunch --show-config lists every key with its meaning";

void assign(ResolvedConfig& resolved, const Override& value) {
  const ConfigKey* key = find_config_key(value.key);
  if (key == nullptr) {
    const std::string meant = suggest_config_key(value.key);
    throw Error(ExitCode::kUsage,
                fmt::format("{}: unknown key \"{}\"{}", value.origin, value.key,
                            meant.empty() ? "" : fmt::format("; did you mean \"{}\"?", meant)),
                kSeeKeys);
  }
  const std::string problem = set_config_value(resolved.config, *key, value.value);
  if (!problem.empty()) {
    throw Error(ExitCode::kUsage,
                fmt::format("{}: {}: \"{}\" {}", value.origin, value.key, value.value, problem),
                kSeeKeys);
  }
  if (!can_be_stored(value.value)) {
    throw Error(
        ExitCode::kUsage,
        fmt::format("{}: {}: \"{}\" is not UTF-8", value.origin, value.key, printable(value.value)),
        "workers read it from a YAML file, which holds nothing else");
  }
  resolved.origin[value.key] = value.origin;
}

void read(ResolvedConfig& resolved, const std::string& yaml, const std::string& name) {
  for (const YamlPair& pair : parse_yaml_pairs(yaml, name, ExitCode::kUsage)) {
    assign(resolved, {pair.key, pair.value, pair.where});
  }
}

void check_combinations(const ResolvedConfig& resolved) {
  const Config& config = resolved.config;
  const auto contradiction = [&](const std::string& key, const std::string& what) {
    throw Error(ExitCode::kUsage, fmt::format("{}: {}: {}", resolved.origin.at(key), key, what));
  };
  if (config.schedule == "onecycle" && config.warmup_epochs > 0) {
    contradiction("warmup_epochs", "onecycle has its own warm-up; leave this at 0");
  }
  if (config.warmup_epochs > static_cast<double>(config.epochs)) {
    contradiction("warmup_epochs",
                  fmt::format("longer than the whole run of {} epochs", config.epochs));
  }
  if (config.name.find('/') != std::string::npos || config.name == "." || config.name == "..") {
    contradiction("name", fmt::format("\"{}\" is not the name of a folder", config.name));
  }
  if (config.bsize != kAutoBsize && config.accumulate > config.bsize) {
    contradiction("accumulate", fmt::format("{} parts of the {} images of bsize", config.accumulate,
                                            config.bsize));
  }
  if (config.fused_norm == "on" &&
      (config.norm != "batch" || config.memory_format == "contiguous")) {
    contradiction("fused_norm",
                  fmt::format("on needs norm: batch and memory_format: channels_last, "
                              "not {} and {}",
                              config.norm, config.memory_format));
  }
  if (config.root.empty()) contradiction("root", "is empty");
  if (config.runs.empty()) contradiction("runs", "is empty");
}

ResolvedConfig defaults() {
  ResolvedConfig resolved;
  for (const ConfigKey& key : config_keys()) resolved.origin[std::string(key.name)] = "default";
  return resolved;
}

void apply(const std::vector<Override>& overrides, ResolvedConfig& resolved) {
  for (const Override& value : overrides) assign(resolved, value);
  check_combinations(resolved);
}

}  // namespace

bool can_be_stored(const std::string& text) {
  const auto is_plain = [](char c) { return c >= ' ' && c <= '~'; };
  if (std::all_of(text.begin(), text.end(), is_plain)) return true;  // no need to try it out
  YAML::Emitter out;
  out << YAML::DoubleQuoted << text;
  return YAML::Load(out.c_str()).Scalar() == text;
}

Override parse_override(const std::string& assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw Error(ExitCode::kUsage, fmt::format("--set {}: expected key=value", assignment),
                "for example --set epochs=10");
  }
  return {assignment.substr(0, equals), assignment.substr(equals + 1), "--set"};
}

ResolvedConfig load_config(const std::optional<std::filesystem::path>& file,
                           const std::vector<Override>& overrides) {
  const std::string yaml =
      file ? read_named_by_user(*file, kMaxYamlBytes, ExitCode::kUsage) : std::string();
  return parse_config(yaml, file ? file->string() : std::string(), overrides);
}

ResolvedConfig load_stored_config(const std::filesystem::path& file,
                                  const std::vector<Override>& overrides) {
  const std::optional<std::string> yaml = read_file(file, kMaxYamlBytes, ExitCode::kUsage);
  if (yaml) return parse_config(*yaml, file.string(), overrides);
  throw system_error(ExitCode::kUsage, file.string() + ": cannot read it", ENOENT);
}

ResolvedConfig parse_config(const std::string& yaml, const std::string& name,
                            const std::vector<Override>& overrides) {
  ResolvedConfig resolved = defaults();
  read(resolved, yaml, name);
  apply(overrides, resolved);
  return resolved;
}

std::string to_yaml(const Config& config) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  for (const ConfigKey& key : config_keys()) {
    const bool is_text = std::holds_alternative<std::string Config::*>(key.member);
    out << YAML::Key << std::string(key.name) << YAML::Value;
    if (is_text) out << YAML::DoubleQuoted;  // or a run named "1e3" came back as a number
    out << config_value(config, key);
  }
  out << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

void show_config(std::ostream& out, const ResolvedConfig& resolved) {
  std::size_t value_width = 5;
  std::size_t origin_width = 6;
  for (const ConfigKey& key : config_keys()) {
    value_width = std::max(value_width, config_value(resolved.config, key).size());
    origin_width = std::max(origin_width, resolved.origin.at(std::string(key.name)).size());
  }
  const auto row = [&](std::string_view name, std::string_view value, std::string_view origin,
                       std::string_view help) {
    out << std::left << std::setw(20) << name << std::setw(static_cast<int>(value_width) + 2)
        << printable(value) << std::setw(static_cast<int>(origin_width) + 2) << printable(origin)
        << help << '\n';
  };
  row("key", "value", "from", "meaning");
  for (const ConfigKey& key : config_keys()) {
    std::string help(key.help);
    if (!key.choices.empty()) {
      help += ": " + joined({key.choices.begin(), key.choices.end()}, "|");
    }
    row(key.name, config_value(resolved.config, key), resolved.origin.at(std::string(key.name)),
        help);
  }
}

}  // namespace dplaunch
