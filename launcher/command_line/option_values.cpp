#include "launcher/command_line/option_values.h"

namespace dplaunch {
namespace {

constexpr char kOffered[] = "offered";
constexpr double kMaxSeconds = 86400;

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

CLI::Validator positive_number() {
  return CLI::Validator(CLI::PositiveNumber).description("");
}

CLI::Validator seconds_range() {
  return number_range(0.0, kMaxSeconds);
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
