#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/config/load_config.h"
#include "launcher/runs/find_run.h"

namespace dplaunch {

/// What a shell offers for an option's value, beside nothing at all: one of these, or the words
/// themselves with spaces between ("numa core none"). launcher/share/ knows how each shell does it.
namespace offer {
inline constexpr char kAssignments[] = "@assignments";  ///< KEY=VALUE of the configuration
inline constexpr char kCheckpoints[] = "@checkpoints";  ///< runs, and files of that kind
inline constexpr char kConfigs[] = "@configs";          ///< YAML files
inline constexpr char kDevices[] = "@devices";
inline constexpr char kFiles[] = "@files";
inline constexpr char kFolders[] = "@folders";
inline constexpr char kHosts[] = "@hosts";
inline constexpr char kRuns[] = "@runs";
}  // namespace offer

/// The group of options that --help, the shells and the man page leave out.
inline constexpr char kHidden[] = "";

/// Says how the option's value is called in --help, and what a shell offers for it.
CLI::Option* takes(CLI::Option* option, const std::string& name, const std::string& offered = {});
/// What a shell offers for the option's value; empty for nothing.
std::string offered_values(const CLI::Option& option);

/// Validators of an option's number, as parse_number() takes it: neither nan nor inf, hexadecimal,
/// octal or with spaces, which CLI11's own let pass. With nothing of theirs in --help.
CLI::Validator number_range(std::int64_t minimum, std::int64_t maximum);
CLI::Validator real_range(double minimum, double maximum);
/// Of records, steps and the like: from 1.
CLI::Validator positive_number();
/// Of a duration in seconds: up to a day.
CLI::Validator seconds_range();

/// The time that an option's number of seconds says.
std::chrono::milliseconds from_seconds(double seconds);
/// An option for a duration, which stays nullopt where it is not given.
CLI::Option* add_seconds_option(CLI::App& app, const std::string& name,
                                const std::string& description,
                                std::optional<std::chrono::milliseconds>& value);

/// "--set KEY=VALUE", repeatable, into `overrides`.
CLI::Option* add_set_option(CLI::App& app, const std::string& description,
                            std::vector<Override>& overrides);

/// The argument `run` and the option --runs.
void add_run_choice(CLI::App& app, RunChoice& choice);

/// The option --checkpoint, which must be given.
void add_checkpoint_option(CLI::App& app, std::string& checkpoint);

}  // namespace dplaunch
