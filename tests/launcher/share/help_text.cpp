#include "tests/launcher/share/help_text.h"

#include <regex>
#include <sstream>

#include "tests/support/run_program.h"

namespace dplaunch::testing {
namespace {

std::string help_of(const std::string& subcommand) {
  const ShellResult result = run_dplaunch(".", subcommand + " --help");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return result.out;
}

/// What stands at the beginning of lines that are indented by two columns, up to a gap of two.
std::vector<std::string> entries(const std::string& help, const std::string& first_characters) {
  const std::regex pattern("  (" + first_characters + ".*?)(  .*)?");
  std::vector<std::string> found;
  std::smatch match;
  for (const std::string& line : lines_of(help)) {
    if (std::regex_match(line, match, pattern)) found.push_back(match[1]);
  }
  return found;
}

Options options_of(const std::string& help) {
  const std::vector<std::string> found = entries(help, "-");
  return {found.begin(), found.end()};
}

}  // namespace

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::map<std::string, Options> options_in_help() {
  const std::string help = help_of("");
  std::map<std::string, Options> options{{"", options_of(help)}};
  const std::size_t start = help.find("\nSubcommands:\n");
  if (start == std::string::npos) throw std::runtime_error("--help names no subcommands: " + help);
  const std::string rest = help.substr(start, help.find("\n\n", start + 1) - start);
  for (const std::string& name : entries(rest, "[a-z]")) options[name] = options_of(help_of(name));
  return options;
}

std::set<std::string> names_of(const Options& options) {
  const std::regex name("--?[a-z][a-z0-9-]*");
  std::set<std::string> names;
  for (const std::string& option : options) {
    const std::string written = option.substr(0, option.find(' '));
    for (std::sregex_iterator match(written.begin(), written.end(), name), end; match != end;
         ++match) {
      names.insert(match->str());
    }
  }
  return names;
}

}  // namespace dplaunch::testing
