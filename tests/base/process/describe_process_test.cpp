#include "base/process/describe_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>

#include "base/text/printable.h"
#include "base/text/terminal_text.h"
#include "tests/support/sleeping_process.h"

namespace dplaunch {
namespace {

using ::testing::IsEmpty;

TEST(DescribeProcess, TellsUserAndCommandOfARealProcess) {
  const testing::SleepingProcess process("python train.py");
  const ProcessDescription description = describe_process(process.pid());
  EXPECT_TRUE(description.is_visible);
  EXPECT_EQ(description.user, testing::own_user());
  EXPECT_EQ(description.command, "python train.py 600");
}

TEST(DescribeProcess, TellsThisVeryProcess) {
  std::ifstream file("/proc/self/cmdline");
  std::string program;
  std::getline(file, program, '\0');
  EXPECT_TRUE(describe_process(::getpid()).command.starts_with(program));
}

TEST(DescribeProcess, NamesADeadProcessThatNobodyReaped) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t end{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &end, WEXITED | WNOWAIT), 0);
  const ProcessDescription description = describe_process(child);
  EXPECT_TRUE(description.is_visible);
  EXPECT_TRUE(description.command.starts_with("[base_tests")) << description.command;
  ::waitpid(child, nullptr, 0);
}

TEST(DescribeProcess, SaysThatItSeesNoSuchProcess) {
  for (const std::int64_t pid : {std::int64_t{4194304}, std::int64_t{0}, std::int64_t{-1},
                                 std::int64_t{0xFFFFFFFF}}) {  // the largest number is 4194304 - 1
    const ProcessDescription description = describe_process(pid);
    EXPECT_FALSE(description.is_visible) << pid;
    EXPECT_THAT(description.user, IsEmpty());
    EXPECT_THAT(description.command, IsEmpty());
  }
}

TEST(DescribeProcess, DisarmsAHostileCommand) {
  const testing::SleepingProcess process("evil\x1b[2J\r\n\xff\x9b name\xe2\x80\xae");
  EXPECT_EQ(describe_process(process.pid()).command, "evil?[2J????\x20name? 600");
}

TEST(DescribeProcess, ReadsNoEndlessCommand) {
  const testing::SleepingProcess process(std::string(100'000, 'x'));
  EXPECT_EQ(describe_process(process.pid()).command, std::string(64 << 10, 'x'));
}

struct Text {
  std::string dirty;
  std::string clean;
};

TEST(CleanText, KeepsWhatIsFitForATerminal) {
  for (const Text& text : {
           Text{"", ""},
           Text{"plain, with spaces", "plain, with spaces"},
           Text{"Größe 東京 🚀", "Größe 東京 🚀"},
           Text{"a\tb\x7f", "a?b?"},
           Text{std::string("a\0b", 3), "a?b"},
           Text{"\xc2\x9b", "?"},                   // CSI as one character
           Text{"\xe2\x80\xa8", "?"},               // line separator
           Text{"\xe2\x81\xa6\xe2\x80\x8f", "??"},  // marks of direction
           Text{"\xc0\x80", "??"},                  // not the shortest form
           Text{"\xed\xa0\x80", "???"},             // a surrogate
           Text{"\xf4\x90\x80\x80", "????"},        // beyond Unicode
           Text{"\xe6\x9d", "??"},                  // cut off
           Text{"\xff\xfe", "??"},
       }) {
    EXPECT_EQ(printable(text.dirty), text.clean);
  }
}

TEST(CleanText, IsShortenedByCharacters) {
  EXPECT_EQ(shortened("12345678", 8), "12345678");
  EXPECT_EQ(shortened("123456789", 8), "12345...");
  EXPECT_EQ(shortened("äöüäöüäöü", 9), "äöüäöüäöü");
  EXPECT_EQ(shortened("äöüäöüäöü", 8), "äöüäö...");
  EXPECT_EQ(shortened("1234", 3), "...");
}

}  // namespace
}  // namespace dplaunch
