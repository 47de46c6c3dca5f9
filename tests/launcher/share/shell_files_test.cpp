// The man page and zsh's completion, held against the real dplaunch --help. Both are read as text:
// neither zsh nor groff has to be installed for the tests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "tests/launcher/share/help_text.h"
#include "tests/support/run_program.h"

namespace dplaunch {
namespace {

using ::testing::HasSubstr;
using testing::Options;

std::string without(std::string text, const std::string& pattern) {
  return std::regex_replace(text, std::regex(pattern), "");
}

const std::regex kFishName(" -([sl]) ([a-z][a-z0-9-]*)");

/// From the line `_dplaunch_NAME() {` to the line `}`.
std::string body_of(const std::string& script, const std::string& name) {
  const std::string head = "\n_dplaunch_" + name + "() {\n";
  const std::size_t start = script.find(head);
  if (start == std::string::npos) return {};
  return script.substr(start, script.find("\n}\n", start) - start);
}

/// What `_arguments` declares there, apart from the explanations and what excludes what.
Options zsh_options(const std::string& body) {
  Options names;
  for (const std::string& line : testing::lines_of(body)) {
    if (line.find("    '") != 0) continue;
    const std::string spec = without(without(line, R"(\[.*)"), R"('\([^)]*\)')");
    const std::string plain = without(spec, R"(\(- \*\))");
    const std::regex name("--?[a-z][a-z0-9-]*");
    for (std::sregex_iterator match(plain.begin(), plain.end(), name), end; match != end; ++match) {
      names.insert(match->str());
    }
  }
  return names;
}

TEST(ZshCompletion, HasExactlyTheOptionsOfHelp) {
  const std::string script = testing::read_text(DPLAUNCH_ZSH_COMPLETION);
  for (const auto& [subcommand, options] : testing::options_in_help()) {
    EXPECT_EQ(zsh_options(body_of(script, subcommand.empty() ? "job" : subcommand)),
              testing::names_of(options))
        << subcommand;
  }
}

TEST(ZshCompletion, HasExactlyTheSubcommandsOfHelp) {
  const std::string script = testing::read_text(DPLAUNCH_ZSH_COMPLETION);
  const std::size_t start = script.find("subcommands=(\n");
  ASSERT_NE(start, std::string::npos);
  std::set<std::string> found;
  for (const std::string& line :
       testing::lines_of(script.substr(start, script.find("\n  )", start) - start))) {
    std::smatch match;
    if (std::regex_match(line, match, std::regex("    '([a-z]+):.*'"))) found.insert(match[1]);
  }
  std::set<std::string> expected;
  for (const auto& [name, options] : testing::options_in_help()) {
    if (!name.empty()) expected.insert(name);
  }
  EXPECT_EQ(found, expected);
  EXPECT_THAT(script, ::testing::StartsWith("#compdef dplaunch\n"));
}

TEST(ZshCompletion, KnowsWhichOptionsTakeAValue) {
  const std::string script = testing::read_text(DPLAUNCH_ZSH_COMPLETION);
  for (const auto& [subcommand, options] : testing::options_in_help()) {
    const std::string body = body_of(script, subcommand.empty() ? "job" : subcommand);
    for (const std::string& option : options) {
      const bool takes_value = option.find(' ') != std::string::npos;
      for (const std::string& name : testing::names_of({option})) {
        if (!name.starts_with("--")) continue;
        EXPECT_EQ(std::regex_search(body, std::regex(name + "=")), takes_value) << name;
      }
    }
  }
}

TEST(FishCompletion, HasExactlyTheOptionsAndSubcommandsOfHelp) {
  const std::string script = testing::read_text(DPLAUNCH_FISH_COMPLETION);
  std::set<std::string> found;
  std::set<std::string> expected;
  for (const std::string& line : testing::lines_of(script)) {
    std::smatch match;
    const std::regex subcommand("complete -c dplaunch -n __dplaunch_first -a ([a-z]+) -d '.*'");
    if (std::regex_match(line, match, subcommand)) found.insert(match[1]);
  }
  for (const auto& [name, options] : testing::options_in_help()) {
    if (!name.empty()) expected.insert(name);
    const std::string condition = "'__dplaunch_in " + (name.empty() ? "job" : name) + "'";
    Options names;
    for (const std::string& line : testing::lines_of(script)) {
      const std::string head = "complete -c dplaunch -n " + condition;
      if (!line.starts_with(head)) continue;
      const std::string spec = without(without(line, " -d '.*"), " -a .*");
      for (std::sregex_iterator match(spec.begin(), spec.end(), kFishName), end; match != end;
           ++match) {
        names.insert((match->str(1) == "s" ? "-" : "--") + match->str(2));
      }
    }
    EXPECT_EQ(names, testing::names_of(options)) << name;
  }
  EXPECT_EQ(found, expected);
}

/// A man page's line without its fonts: ".BR \-c \", \" \-\-help" -> "-c,--help".
std::string plain(std::string line) {
  line = without(line, R"(^\.B[IR]? )");
  line = without(line, R"(\\f[BIR])");
  line = std::regex_replace(line, std::regex(R"(\\-)"), "-");
  line = without(line, "\"");
  line = std::regex_replace(line, std::regex(" +"), " ");
  return std::regex_replace(line, std::regex(" ?, ?"), ",");
}

/// Under "" those of .SH OPTIONS, under a subcommand those of its .SS in .SH SUBCOMMANDS.
std::map<std::string, Options> options_in_man_page() {
  std::map<std::string, Options> options;
  std::string section;
  std::string subsection;
  bool is_tag = false;
  for (const std::string& line : testing::lines_of(testing::read_text(DPLAUNCH_MAN_PAGE))) {
    if (line.starts_with(".SH ")) section = line.substr(4);
    if (line.starts_with(".SS ")) subsection = line.substr(4);
    if (is_tag && section == "OPTIONS") options[""].insert(plain(line));
    if (is_tag && section == "SUBCOMMANDS") options[subsection].insert(plain(line));
    is_tag = line == ".TP";
  }
  return options;
}

TEST(ManPage, HasExactlyTheOptionsAndSubcommandsOfHelp) {
  EXPECT_EQ(options_in_man_page(), testing::options_in_help());
}

TEST(ManPage, IsOfThisVersion) {
  EXPECT_THAT(
      testing::read_text(DPLAUNCH_MAN_PAGE),
      HasSubstr("\"" + testing::lines_of(testing::run_dplaunch(".", "--version").out)[0] + "\""));
}

/// What groff would warn of, as far as this page needs to know of it.
TEST(ManPage, IsWellFormed) {
  const std::set<std::string> macros{"TH", "SH", "SS", "TP", "IP", "PP", "RS", "RE", "EX",  "EE",
                                     "B",  "BI", "BR", "I",  "IR", "RB", "RI", "br", "\\\""};
  const std::regex control(R"(\.([^ ]*).*)");
  int depth = 0;
  std::smatch match;
  const std::vector<std::string> lines = testing::lines_of(testing::read_text(DPLAUNCH_MAN_PAGE));
  ASSERT_THAT(lines.at(1), HasSubstr(".TH DPLAUNCH 1 "));
  for (const std::string& line : lines) {
    EXPECT_FALSE(line.empty()) << "an empty line is printed as one";
    EXPECT_LE(line.size(), 110U) << line;
    if (std::regex_match(line, match, control)) {
      EXPECT_EQ(macros.count(match[1]), 1U) << line;
      if (match[1] == "RS" || match[1] == "EX") ++depth;
      if (match[1] == "RE" || match[1] == "EE") --depth;
      EXPECT_TRUE(depth == 0 || depth == 1) << line;
    }
    EXPECT_FALSE(line.starts_with("'")) << "a control line: " << line;
    if (line.starts_with(".\\\"")) continue;
    EXPECT_FALSE(std::regex_search(line, std::regex(R"((^|[^\\-])--)")))
        << "a dash is \\-: " << line;
    EXPECT_EQ(std::count(line.begin(), line.end(), '"') % 2, 0) << line;
  }
  EXPECT_EQ(depth, 0);
}

}  // namespace
}  // namespace dplaunch
