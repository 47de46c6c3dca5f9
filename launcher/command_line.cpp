#include "launcher/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "common/config/config_keys.h"
#include "common/error.h"

namespace dplaunch {
namespace {

constexpr char kDescription[] =
    "dplaunch trains a CIFAR-100 ResNet on several GPUs or CPU processes of this machine.";
constexpr char kExamples[] =
    "Examples:\n"
    "  dplaunch --device all -c configs/config_multi_gpu.yml    one process per GPU\n"
    "  dplaunch --device cpu:2 -c configs/config_cpu.yml        two processes on the CPU\n"
    "  dplaunch --device 0,1 -c configs/config.yml --dry-run    what would be started\n"
    "  dplaunch --device all --resume=NAME                      go on after an interruption\n"
    "\n"
    "docs/usage.md explains devices, runs and troubleshooting, docs/exit-codes.md the exit codes.";
constexpr char kSeeHelp[] = "dplaunch --help lists the options";

/// CLI11's help with a plainer first line.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(22); }

  std::string make_usage(const CLI::App* app, std::string name) const override {
    const bool is_main = app->get_parent() == nullptr;
    return "\nUsage: " + name + " [options]\n" +
           (is_main ? "       " + name + " data [options]\n" : std::string()) + "\n";
  }

  std::string make_group(std::string group, bool is_positional,
                         std::vector<const CLI::Option*> options) const override {
    std::string text = group + ":\n";
    for (const CLI::Option* option : options) text += make_option(option, is_positional);
    return text;
  }
};

/// Option values as they are written, before they are checked.
struct RawOptions {
  std::string config_file;
  std::vector<std::string> assignments;
  std::string root;
  std::string name;
  double grace_s = 10;
};

void add_job_options(CLI::App& app, LaunchOptions& launch, RawOptions& raw) {
  const std::string group = "Job";
  app.add_option("--device", launch.device,
                 "auto (default: idle GPUs, else CPU), all, 0, 0,1, 0-3, 'all,!1', "
                 "GPU-<uuid>, cpu:4")
      ->type_name("DEVICES")
      ->group(group);
  app.add_option("-c,--config", raw.config_file, "YAML file with the configuration")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--set", raw.assignments, "replace one value of the configuration; repeatable")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group(group);
  app.add_option("--root", raw.root, "folder of the data set; short for --set root=DIR")
      ->type_name("DIR")
      ->group(group);
}

void add_run_options(CLI::App& app, LaunchOptions& launch, RawOptions& raw) {
  const std::string group = "Run";
  app.add_option("--name", raw.name, "folder below runs/; short for --set name=NAME")
      ->type_name("NAME")
      ->group(group);
  app.add_option("--resume", launch.run.resume_run,
                 "go on with a run, by its name or path; with --name's, or else with the newest")
      ->type_name("[=RUN]")
      ->expected(0, 1)
      ->group(group);
  app.add_option("--grace", raw.grace_s, "workers' time to end when they are stopped (10)")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 86400.0).description(""))
      ->group(group);
}

void add_show_options(CLI::App& app, LaunchOptions& launch) {
  const std::string group = "Show";
  app.add_flag("--dry-run", launch.dry_run,
               "print devices, environment and commands; start nothing")
      ->group(group);
  app.add_flag("--show-config", launch.show_config, "print each value and where it came from")
      ->group(group);
  app.set_version_flag("--version", "dplaunch " DPLAUNCH_VERSION, "print the version")
      ->group(group);
  app.set_help_flag("-h,--help", "print this help")->group(group);
}

CLI::App* add_data_command(CLI::App& app, DataOptions& data) {
  CLI::App* command =
      app.add_subcommand("data", "get the CIFAR-100 data set, or make a synthetic one");
  command->footer("Example:\n  dplaunch data --root ./data");
  command->set_help_flag("-h,--help", "print this help");
  command->add_option("--root", data.root, "folder to put it into (./data)")->type_name("DIR");
  command->add_flag("--synthetic", data.synthetic, "make a learnable synthetic set instead");
  command
      ->add_option("--train-records", data.train_records,
                   "training images of a synthetic set (50000)")
      ->type_name("N")
      ->check(CLI::Validator(CLI::PositiveNumber).description(""));
  command->add_option("--test-records", data.test_records, "test images of a synthetic set (10000)")
      ->type_name("N")
      ->check(CLI::Validator(CLI::PositiveNumber).description(""));
  command->add_option("--url", data.url, "fetch the archive from here")->type_name("URL");
  command->add_option("--md5", data.md5, "MD5 that the archive must have")->type_name("HEX");
  command->add_flag("--force", data.force, "replace a set that is there");
  return command;
}

constexpr char kOnlyOptions[] =
    "dplaunch takes options only and needs no script: dplaunch --device all -c FILE trains; "
    "dplaunch --help lists the options";

/// "--devise=0" -> "--devise".
std::string option_name(const std::string& word) {
  return word.substr(0, word.find('='));
}

/// The option or subcommand that a mistyped word most likely means, or an empty string.
std::string suggest(const CLI::App& app, const std::string& word) {
  std::vector<std::string> candidates;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) candidates.push_back("--" + name);
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    candidates.push_back(command->get_name());
  }
  for (const std::string& candidate : candidates) {
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
  return "--set " + key + "=" + value;
}

[[noreturn]] void refuse_extras(const CLI::App& app, const CLI::App* data_command) {
  const CLI::App& parser = data_command->parsed() ? *data_command : app;
  const std::vector<std::string> extras = app.remaining(true);
  const std::string& word = extras.front();
  const std::string name = option_name(word);
  const bool is_option = name.starts_with('-') && name.size() > 1;
  const bool may_be_key = is_option && !data_command->parsed();
  std::string suggestion = may_be_key ? suggest_set(extras, false) : std::string();
  if (suggestion.empty()) suggestion = suggest(parser, name);
  if (suggestion.empty() && may_be_key) suggestion = suggest_set(extras, true);
  throw Error(ExitCode::kUsage,
              (is_option ? "unknown option " + name : "unexpected argument \"" + word + "\"") +
                  (suggestion.empty() ? "" : "; did you mean " + suggestion + "?"),
              is_option || data_command->parsed() ? kSeeHelp : kOnlyOptions);
}

/// A bare "dplaunch" is somebody who looks what it does, not the wish to train for hours.
void refuse_nothing(int argc) {
  if (argc > 1) return;
  throw Error(ExitCode::kUsage, "nothing to do: name a device or a configuration",
              "for example dplaunch --device auto -c configs/config.yml; dplaunch --help lists the "
              "options");
}

/// "dplaunch --root X data" would quietly put the data somewhere else.
void refuse_options_before_data(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() == 0) continue;
    const std::string name = "--" + option->get_lnames().front();
    throw Error(ExitCode::kUsage, name + " stands before \"data\", where it has no effect",
                "write the options of data behind it: dplaunch data --root DIR");
  }
}

/// Moves the raw values to where they belong, in the order in which they win: --root and --name
/// say more than --set does.
void settle(LaunchOptions& launch, const RawOptions& raw, const CLI::App& app) {
  if (app.count("--config") > 0) launch.run.config_file = raw.config_file;
  for (const std::string& assignment : raw.assignments) {
    launch.run.overrides.push_back(parse_override(assignment));
  }
  if (app.count("--root") > 0) launch.run.overrides.push_back({"root", raw.root, "--root"});
  if (app.count("--name") > 0) launch.run.overrides.push_back({"name", raw.name, "--name"});
  launch.run.resume = app.count("--resume") > 0;
  launch.grace = std::chrono::milliseconds(static_cast<std::int64_t>(raw.grace_s * 1000));
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  refuse_nothing(argc);
  CommandLine line;
  line.words.assign(argv, argv + argc);
  RawOptions raw;
  CLI::App app(kDescription, "dplaunch");
  app.footer(kExamples);
  app.formatter(std::make_shared<HelpFormatter>());
  add_job_options(app, line.launch, raw);
  add_run_options(app, line.launch, raw);
  add_show_options(app, line.launch);
  const CLI::App* data_command = add_data_command(app, line.data);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    line.command = Command::kShowText;
    line.text = app.help();
    return line;
  } catch (const CLI::CallForVersion& version) {
    line.command = Command::kShowText;
    line.text = std::string(version.what()) + "\n";
    return line;
  } catch (const CLI::ExtrasError&) {
    refuse_extras(app, data_command);
  } catch (const CLI::ParseError& error) {
    throw Error(ExitCode::kUsage, error.what(), kSeeHelp);
  }
  if (data_command->parsed()) {
    refuse_options_before_data(app);
    line.command = Command::kFetchData;
  }
  settle(line.launch, raw, app);
  return line;
}

}  // namespace dplaunch
