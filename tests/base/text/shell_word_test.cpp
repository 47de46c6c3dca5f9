// A command that is shown can be pasted into a shell: a real one is asked.
#include "base/text/shell_word.h"

#include <gtest/gtest.h>

#include "base/process/run_program.h"

namespace dplaunch {
namespace {

TEST(ShellWord, IsQuotedOnlyWhereItMustBe) {
  EXPECT_EQ(shell_word("runs/dual-2"), "runs/dual-2");
  EXPECT_EQ(shell_word("--set=lr=0.1"), "--set=lr=0.1");
  EXPECT_EQ(shell_word("all,!1"), "'all,!1'");
  EXPECT_EQ(shell_word(""), "''");
}

TEST(ShellWord, ReachesAProgramAsItWas) {
  for (const std::string text :
       {"", " ", "it's", "''", "$HOME", "a\nb", "\\", "\"", "*", "~", "#", "a;b", "-n"}) {
    const ProgramResult result =
        run_program({"/bin/sh", "-c", "printf '%s|' " + shell_words({text, "end"})});
    EXPECT_EQ(result.output, text + "|end|");
  }
}

TEST(ShellWord, SendsNothingHarmfulToATerminal) {
  const std::string text = "it's\x1b]0;\\\x07\xff";
  EXPECT_EQ(shell_word(text), R"($'it\x27s\x1b]0;\x5c\x07\xff')");
  EXPECT_EQ(run_program({"bash", "-c", "printf %s " + shell_word(text)}).output, text);
}

}  // namespace
}  // namespace dplaunch
