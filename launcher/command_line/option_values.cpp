#include "launcher/command_line/option_values.h"

#include <fmt/core.h>

#include <type_traits>

#include "base/text/parse_number.h"

namespace dplaunch {
namespace {

constexpr char kOffered[] = "offered";
constexpr double kMaxSeconds = 86400;

template <typename Number>
CLI::Validator range_of(Number minimum, Number maximum) {
  const auto check = [minimum, maximum](std::string& text) {
    const std::optional<Number> number = parse_number<Number>(text);
    if (number && *number >= minimum && *number <= maximum) {
      text = fmt::format("{}", *number);  // "010" would be 8 to CLI11
      return std::string();
    }
    const char* kind = std::is_integral_v<Number> ? "whole number" : "number";
    return fmt::format("\"{}\" is not a {} from {} to {}", text, kind, minimum, maximum);
  };
  return CLI::Validator(check, "");
}

}  // namespace

// CLI11 keeps nothing of its users' with an option, but for the names of its validators: one that
// accepts everything carries what is offered. --help must not show it, hence option_text.
CLI::Option* takes(CLI::Option* option, const std::string& name, const std::string& offered) {
  option->type_name(name)->option_text(name);
  if (offered.empty()) return option;
  const auto accept = [](std::string&) { return std::string(); };
  return option->check(CLI::Validator(accept, offered, kOffered));
}

std::string offered_values(const CLI::Option& option) {
  try {
    return const_cast<CLI::Option&>(option).get_validator(kOffered)->get_description();
  } catch (const CLI::OptionNotFound&) {
    return {};
  }
}

CLI::Validator number_range(std::int64_t minimum, std::int64_t maximum) {
  return range_of(minimum, maximum);
}

CLI::Validator real_range(double minimum, double maximum) {
  return range_of(minimum, maximum);
}

CLI::Validator positive_number() {
  constexpr std::int64_t kMax = 1'000'000'000'000;
  return number_range(1, kMax);
}

CLI::Validator seconds_range() {
  return range_of(0.0, kMaxSeconds);
}

std::chrono::milliseconds from_seconds(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

CLI::Option* add_seconds_option(CLI::App& app, const std::string& name,
                                const std::string& description,
                                std::optional<std::chrono::milliseconds>& value) {
  const auto set = [&value](double seconds) { value = from_seconds(seconds); };
  return takes(app.add_option_function<double>(name, set, description), "SECONDS")
      ->check(seconds_range());
}

CLI::Option* add_set_option(CLI::App& app, const std::string& description,
                            std::vector<Override>& overrides) {
  CLI::Option* option = app.add_option_function<std::vector<std::string>>(
      "--set",
      [&overrides](const std::vector<std::string>& assignments) {
        for (const std::string& each : assignments) overrides.push_back(parse_override(each));
      },
      description);
  option->expected(1)->allow_extra_args(false)->multi_option_policy(
      CLI::MultiOptionPolicy::TakeAll);
  return takes(option, "KEY=VALUE", offer::kAssignments);
}

void add_run_choice(CLI::App& app, RunChoice& choice) {
  takes(app.add_option("run", choice.run, "a name below runs/, or a path; default: the newest run"),
        "RUN", offer::kRuns);
  takes(app.add_option("--runs", choice.runs, "the folder of all runs (./runs)"), "DIR",
        offer::kFolders);
}

void add_checkpoint_option(CLI::App& app, std::string& checkpoint) {
  takes(app.add_option("--checkpoint", checkpoint,
                       "a checkpoint's file, or a run: its best checkpoint, or else its latest"),
        "FILE", offer::kCheckpoints)
      ->required();  // the error says so, not the option's text
}

}  // namespace dplaunch
