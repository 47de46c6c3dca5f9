#include "launcher/command_line/suggest.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"
#include "base/text/shell_word.h"
#include "base/text/words.h"
#include "common/config/config_keys.h"
#include "launcher/command_line/translate.h"

namespace dplaunch {
namespace {

/// "--devise=0" -> "--devise".
std::string option_name(const std::string& word) {
  return word.substr(0, word.find('='));
}

/// The subcommand that was named, or else the program.
const CLI::App& parsed_app(const CLI::App& app) {
  const std::vector<CLI::App*> parsed = app.get_subcommands();
  return parsed.empty() ? app : *parsed.front();
}

std::vector<std::string> candidates_of(const CLI::App& app) {
  std::vector<std::string> candidates;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) candidates.push_back("--" + name);
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    candidates.push_back(command->get_name());
  }
  return candidates;
}

/// The option or subcommand that a mistyped word most likely means, or an empty string.
std::string suggest(const CLI::App& app, const std::string& word) {
  const std::vector<std::string> candidates = candidates_of(app);
  for (const std::string& candidate : candidates) {
    // "--dev" is the beginning of one; of fewer letters anything could be.
    if (word.size() > 3 && candidate.starts_with(word)) return candidate;
  }
  std::string best;
  std::size_t best_distance = word.size() / 3 + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance <= best_distance && (best.empty() || distance < best_distance)) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

/// "--epochs 3" -> "--set epochs=3": the configuration's keys are often taken for options. Only the
/// exact key (or what other trainers call it) unless `is_guess`.
std::string suggest_set(const std::vector<std::string>& extras, bool is_guess) {
  const std::string& word = extras.front();
  std::string key = option_name(word);
  key.erase(0, key.find_first_not_of('-'));
  std::replace(key.begin(), key.end(), '-', '_');
  if (find_config_key(key) == nullptr) {
    key = is_guess && key.size() > 3 ? suggest_config_key(key) : std::string();
  }
  if (key.empty()) return {};
  std::string value = "VALUE";
  if (const auto equals = word.find('='); equals != std::string::npos) {
    value = word.substr(equals + 1);
  } else if (extras.size() > 1 && !extras[1].starts_with('-')) {
    value = extras[1];
  }
  return fmt::format("--set {}={}", key, value);
}

/// "--device 0 1" -> "0,1": a list that was written with spaces. Empty if it was none.
std::string device_list(const CLI::App& app, const std::vector<std::string>& extras) {
  const CLI::Option* device = app.get_option_no_throw("--device");
  if (device == nullptr || device->count() == 0) return {};
  std::vector<std::string> parts = split(device->results().back(), ',');
  for (const std::string& extra : extras) {
    if (extra.find_first_not_of("0123456789,!-") != std::string::npos) return {};
    for (const std::string& part : split(extra, ',')) parts.push_back(part);
  }
  std::erase(parts, "");
  return joined(parts, ",");
}

std::string hint_for_argument(const std::string& command_line) {
  return fmt::format(
      "a program of your own stands behind \"--\": {}; dplaunch --device all -c FILE trains",
      command_line);
}

std::string help_hint(const CLI::App& parser, bool is_main) {
  return is_main ? "dplaunch --help lists the options"
                 : fmt::format("dplaunch {} --help lists the options", parser.get_name());
}

}  // namespace

void refuse_extras(const CLI::App& app, const std::vector<std::string>& words,
                   const std::vector<std::string>& command) {
  const CLI::App& parser = parsed_app(app);
  const bool is_main = &parser == &app;
  const std::vector<std::string> extras = app.remaining(true);
  const std::string& word = extras.front();
  const std::string name = option_name(word);
  const bool is_option = name.starts_with('-') && name.size() > 1;
  const Translation translation = translate(app, words, command);
  if (is_main) refuse_foreign_options(translation);
  if (const std::string devices = is_main ? device_list(app, extras) : ""; !devices.empty()) {
    throw Error(ExitCode::kUsage, fmt::format("unexpected argument \"{}\"", word),
                fmt::format("devices are listed with commas: --device {}", shell_word(devices)));
  }
  std::string suggestion = is_main && is_option ? suggest_set(extras, false) : std::string();
  if (suggestion.empty()) suggestion = suggest(parser, name);
  if (suggestion.empty() && is_main && is_option) suggestion = suggest_set(extras, true);
  const std::string what = is_option ? fmt::format("unknown option {}", name)
                                     : fmt::format("unexpected argument \"{}\"", word);
  throw Error(ExitCode::kUsage,
              suggestion.empty() ? what : fmt::format("{}; did you mean {}?", what, suggestion),
              is_option || !is_main ? help_hint(parser, is_main)
                                    : hint_for_argument(translation.command_line));
}

}  // namespace dplaunch
