#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace dplaunch::testing {

/// The options of one command as a user writes them, "-c,--config FILE".
using Options = std::set<std::string>;

/// What the real dplaunch says of itself: the options of each subcommand, and under "" its own.
std::map<std::string, Options> options_in_help();

/// "--config" of "-c,--config FILE".
std::set<std::string> names_of(const Options& options);

/// The lines of a text, without their newlines.
std::vector<std::string> lines_of(const std::string& text);

}  // namespace dplaunch::testing
