#include "common/config/load_config.h"

#include <fmt/core.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <iomanip>
#include <ostream>
#include <set>
#include <sstream>

#include "base/error.h"
#include "base/text/printable.h"
#include "base/text/words.h"
#include "common/config/config_keys.h"

namespace dplaunch {
namespace {

constexpr char kSeeKeys[] = "dplaunch --show-config lists every key with its meaning";

/// yaml-cpp counts lines from 0.
std::string at_line(const std::string& name, const YAML::Mark& mark) {
  return fmt::format("{}:{}", name, mark.line + 1);
}

/// Whether config.resolved.yml can hold the text, which workers read there: YAML is Unicode, and
/// yaml-cpp replaces each byte that is not.
bool is_kept_by_yaml(const std::string& text) {
  const auto is_plain = [](char c) { return c >= ' ' && c <= '~'; };
  if (std::all_of(text.begin(), text.end(), is_plain)) return true;  // no need to try it out
  YAML::Emitter out;
  out << YAML::DoubleQuoted << text;
  return YAML::Load(out.c_str()).Scalar() == text;
}

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
  if (!is_kept_by_yaml(value.value)) {
    throw Error(
        ExitCode::kUsage,
        fmt::format("{}: {}: \"{}\" is not UTF-8", value.origin, value.key, printable(value.value)),
        "workers read it from a YAML file, which holds nothing else");
  }
  resolved.origin[value.key] = value.origin;
}

YAML::Node read_yaml(std::istream& stream, const std::string& name) {
  try {
    // Not Load(), which takes the first document and passes over all others in silence.
    const std::vector<YAML::Node> documents = YAML::LoadAll(stream);
    if (documents.size() > 1) {
      throw Error(ExitCode::kUsage, at_line(name, documents[1].Mark()) +
                                        ": a second document; one file holds one configuration");
    }
    return documents.empty() ? YAML::Node() : documents.front();
  } catch (const YAML::Exception& error) {
    throw Error(ExitCode::kUsage,
                fmt::format("{}: not valid YAML: {}", at_line(name, error.mark), error.msg));
  }
}

void read(ResolvedConfig& resolved, std::istream& stream, const std::string& name) {
  const YAML::Node document = read_yaml(stream, name);
  if (document.IsNull()) return;
  if (!document.IsMap()) {
    throw Error(ExitCode::kUsage,
                at_line(name, document.Mark()) + ": expected \"key: value\" lines");
  }
  std::set<std::string> seen;  // yaml-cpp accepts a key given twice
  for (const auto& entry : document) {
    const std::string where = at_line(name, entry.first.Mark());
    if (!entry.first.IsScalar()) throw Error(ExitCode::kUsage, where + ": a key must be a word");
    const std::string key = entry.first.Scalar();
    if (!seen.insert(key).second) {
      throw Error(ExitCode::kUsage, fmt::format("{}: key \"{}\" is given twice", where, key));
    }
    if (!entry.second.IsScalar()) {
      throw Error(ExitCode::kUsage,
                  fmt::format("{}: {}: expected one value, found a {}", where, key,
                              entry.second.IsNull() ? "blank" : "list or map"));
    }
    assign(resolved, {key, entry.second.Scalar(), where});
  }
}

void read_file(ResolvedConfig& resolved, const std::filesystem::path& file) {
  std::ifstream stream(file);
  // A folder can be opened; only reading from it would fail.
  if (!stream || std::filesystem::is_directory(file)) {
    throw Error(ExitCode::kUsage, file.string() + ": cannot read the configuration file",
                "name an existing file with -c, for example configs/config_cpu.yml");
  }
  read(resolved, stream, file.string());
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
  ResolvedConfig resolved = defaults();
  if (file) read_file(resolved, *file);
  apply(overrides, resolved);
  return resolved;
}

ResolvedConfig parse_config(const std::string& yaml, const std::string& name,
                            const std::vector<Override>& overrides) {
  ResolvedConfig resolved = defaults();
  std::istringstream stream(yaml);
  read(resolved, stream, name);
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
        << value << std::setw(static_cast<int>(origin_width) + 2) << origin << help << '\n';
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
