// dplaunch logs, of files that grow while it looks.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "tests/launcher/commands/run_test_support.h"

namespace dplaunch {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class Logs : public RunTest {
 protected:
  void SetUp() override { launcher_ = launch("mine", 2, "stopped"); }

  void append(int rank, const std::string& text) const {
    std::ofstream(run("mine").log(rank), std::ios::app) << text;
  }

  void end_run() const { launcher_->send(SIGTERM); }

  std::unique_ptr<Program> launcher_;
};

std::string numbered_lines(int first, int last) {
  std::string text;
  for (int i = first; i <= last; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}

TEST_F(Logs, ShowTheLastLinesOfRankZero) {
  append(0, numbered_lines(1, 100));
  append(1, "other\n");
  EXPECT_EQ(command("logs").out, numbered_lines(81, 100));
  EXPECT_EQ(command("logs -n 3").out, numbered_lines(98, 100));
  EXPECT_EQ(command("logs -n 0").out, "");
  EXPECT_EQ(command("logs -n all").out, numbered_lines(1, 100));
  EXPECT_EQ(command("logs -n 1000").out, numbered_lines(1, 100));
  EXPECT_EQ(command("logs mine --rank 1").out, "other\n");
}

TEST_F(Logs, CountLinesThroughAFileLargerThanABuffer) {
  std::string last_two(200'000, 'y');
  last_two += "\nend";
  append(0, std::string(200'000, 'x'));
  append(0, "\n" + last_two);
  EXPECT_TRUE(command("logs -n 2").out == last_two);
  EXPECT_EQ(command("logs -n 1").out, "end");
}

TEST_F(Logs, ShowTheNewestStateOfABar) {
  append(0, "start\n 10%\r 20%\r 30%\nnext\r\n 5%\r 6%\r");
  EXPECT_EQ(command("logs").out, "start\n 30%\nnext\r\n 6%");
  append(1, "a\n\nb\n");
  EXPECT_EQ(command("logs --rank 1").out, "a\n\nb\n");
  std::filesystem::remove(run("mine").log(1));
  EXPECT_EQ(command("logs --rank all").out, "[0] start\n[0]  30%\n[0] next\r\n[0]  6%\n");
}

TEST_F(Logs, PrefixTheLinesOfAllRanks) {
  append(0, "a\nb\n");
  append(1, "c");
  EXPECT_EQ(command("logs --rank all").out, "[0] a\n[0] b\n[1] c\n");
}

TEST_F(Logs, PassEveryByteOn) {
  const std::string bytes("\x1b[31m\0\xff\r\n", 9);
  append(0, bytes);
  EXPECT_EQ(command("logs").out, bytes);
}

TEST_F(Logs, SayWhatThereIsNot) {
  const auto none = command("logs");
  EXPECT_EQ(none.exit_code, 0);
  EXPECT_THAT(none.err, HasSubstr("has no log yet"));
  const auto wrong = command("logs --rank 7");
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.err, HasSubstr("there is no rank 7"));
  EXPECT_THAT(wrong.err, HasSubstr("the ranks 0 to 1"));
  EXPECT_EQ(command("logs --rank x").exit_code, 2);
  EXPECT_EQ(command("logs -n -3").exit_code, 2);
}

TEST_F(Logs, FollowUntilTheRunEnds) {
  append(0, numbered_lines(1, 3));
  const auto logs = start_command({"logs", "-f", "-n", "1"});
  EXPECT_TRUE(logs->says("line 3\n"));
  append(0, "line 4\nparti");
  EXPECT_TRUE(logs->says("line 4\nparti"));
  append(0, "al\n");
  EXPECT_TRUE(logs->says("partial\n"));
  append(0, "last words\n");
  end_run();
  EXPECT_EQ(logs->wait(), 0);
  EXPECT_THAT(logs->said(), ::testing::StartsWith("line 3\nline 4\npartial\nlast words\n"));
  EXPECT_THAT(logs->said(), EndsWith("dplaunch: ./runs/mine: stopped after 1:01, exit code 143\n"));
}

TEST_F(Logs, FollowALogThatIsNotThereYet) {
  const auto logs = start_command({"logs", "-f", "--rank", "all"});
  append(1, "hello\n");
  EXPECT_TRUE(logs->says("[1] hello\n"));
  append(0, "world\n");
  EXPECT_TRUE(logs->says("[0] world\n"));
}

TEST_F(Logs, FollowALogThatIsCutOffOrReplaced) {
  append(0, "a long first line\n");
  const auto logs = start_command({"logs", "-f"});
  EXPECT_TRUE(logs->says("a long first line\n"));
  std::ofstream(run("mine").log(0), std::ios::trunc) << "cut\n";
  EXPECT_TRUE(logs->says("cut\n"));
  EXPECT_TRUE(logs->says("was cut off"));
  folder_.write("runs/mine/new", "replaced\n");
  std::filesystem::rename(folder_ / "runs/mine/new", run("mine").log(0));
  EXPECT_TRUE(logs->says("replaced\n"));
  EXPECT_TRUE(logs->says("was replaced"));
  append(0, "on\n");
  EXPECT_TRUE(logs->says("\non\n"));
}

TEST_F(Logs, DoNotWaitForARunThatHasEnded) {
  append(0, "a\n");
  end_run();
  launcher_->wait();
  const auto logs = command("logs -f");
  EXPECT_EQ(logs.out, "a\n");
  EXPECT_THAT(logs.err, HasSubstr("stopped after 1:01"));
}

TEST_F(Logs, EndAtCtrlC) {
  append(0, "a\n");
  const auto logs = start_command({"logs", "-f"});
  EXPECT_TRUE(logs->says("a\n"));
  logs->send(SIGINT);
  EXPECT_EQ(logs->wait(), 128 + SIGINT);
}

}  // namespace
}  // namespace dplaunch
