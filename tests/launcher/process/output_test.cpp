// What becomes of the workers' output.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "await.h"
#include "launcher/process/screen.h"
#include "process_test_support.h"
#include "tests/launcher/view/pseudo_terminal.h"
#include "tests/launcher/view/terminal_model.h"

namespace dplaunch {
namespace {

using ::testing::MatchesRegex;

using Output = ProcessTest;

// The acting worker's pattern, computed here once more.
std::string pattern(std::size_t size_bytes) {
  std::string bytes(size_bytes, '\0');
  std::uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

TEST_F(Output, ShowsAllErrorsAndRankZerosOutputWithPrefixes) {
  const std::string turn = fifo("turn");
  const Result result = run(plan({{"await-file-end:" + turn, "out:a\nb", "err:c\n"},
                                  {"out:hidden\n", "err:d\n", "tell-pid:" + turn}}));
  EXPECT_NE(result.out.find("[0] a\n"), std::string::npos);
  EXPECT_NE(result.out.find("[0] b\n"), std::string::npos);
  EXPECT_NE(result.out.find("[0] c\n"), std::string::npos);
  EXPECT_NE(result.out.find("[1] d\n"), std::string::npos);
  EXPECT_EQ(result.out.find("hidden"), std::string::npos);
  EXPECT_NE(read_file(run_folder().log(1)).find("hidden\n"), std::string::npos);
}

TEST_F(Output, HasNoPrefixForASingleRank) {
  EXPECT_EQ(run(plan({{"out:50%\r100%\ndone"}})).out, "50%\r100%\ndone");
}

TEST_F(Output, KeepsEveryByteOfABinaryFlood) {
  constexpr std::size_t kSize = 20'000'000;
  const std::string act = "out-pattern:" + std::to_string(kSize);
  EXPECT_EQ(run(plan({{act}, {act}})).exit_code, 0);
  EXPECT_TRUE(read_file(run_folder().log(0)) == pattern(kSize));
  EXPECT_TRUE(read_file(run_folder().log(1)) == pattern(kSize));
}

TEST_F(Output, KeepsTheLastWordsOfARankThatDies) {
  run(plan({{"out-pattern:60000", "exit:1"}, {"sleep"}}));
  EXPECT_TRUE(read_file(run_folder().log(0)) == pattern(60000));
}

TEST_F(Output, GoesOnInTheLogOfAResumedRun) {
  run(plan({{"out:one\n"}}));
  LaunchPlan resumed = plan({{"out:two\n"}});
  resumed.append_logs = true;
  resumed.attempt = 2;
  run(resumed);
  EXPECT_THAT(read_file(run_folder().log(0)),
              MatchesRegex("one\n=== dplaunch: attempt 2, [-0-9]+ [:0-9]+ ===\ntwo\n"));
  run(plan({{"out:three\n"}}));
  EXPECT_EQ(read_file(run_folder().log(0)), "three\n");
}

TEST_F(Output, WarnsOfAFullDiskAtOnceAndAtTheEnd) {
  std::filesystem::create_directories(run_folder().root());
  std::filesystem::create_symlink("/dev/full", run_folder().log(0));
  const Result result = run(plan({{"out-pattern:300000", "out:end\n"}}));
  EXPECT_EQ(result.exit_code, 0);
  const std::string warning = "dplaunch: warning: " + run_folder().log(0).string();
  const std::size_t first = result.out.find(warning);
  ASSERT_NE(first, std::string::npos);
  EXPECT_TRUE(
      result.out.ends_with("end\n" + warning + " lacks 300004 bytes that could not be written\n"));
}

TEST_F(Output, DoesNotWaitForAGrandchildThatKeepsThePipe) {
  const std::string ready = fifo("ready");
  LaunchPlan with_grandchild =
      plan({{"await-file-end:" + ready, "exit:0"}, {"fork-sleeper:" + ready, "out:x"}});
  EXPECT_EQ(run(with_grandchild).exit_code, 0);
  EXPECT_EQ(read_file(run_folder().log(1)), "x");
}

TEST_F(Output, GivesNoInputToWorkers) {
  EXPECT_EQ(run(plan({{"read-stdin"}})).out, "eof");
}

TEST_F(Output, OutlivesTheReaderOfTheScreen) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  LauncherProcess launcher(plan({{"out-pattern:500000", "exit:0"}}),
                           "/proc/self/fd/" + std::to_string(ends[1]));
  ::close(ends[1]);
  EXPECT_EQ(launcher.wait(), 0);
  EXPECT_TRUE(read_file(run_folder().log(0)) == pattern(500000));
}

TEST_F(Output, WarnsWhenTheScreenCannotBeWritten) {
  LauncherProcess launcher(plan({{"out-pattern:500000", "exit:0"}}), "/dev/full", [this] {
    ::dup2(::open(path("err").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), STDERR_FILENO);
  });
  EXPECT_EQ(launcher.wait(), 0);
  const std::string said = read_file(path("err"));
  EXPECT_TRUE(said.starts_with("dplaunch: warning: standard output cannot be written any more: "));
  EXPECT_TRUE(said.ends_with(" and what follows are not shown; the logs have everything\n"));
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1);
  EXPECT_TRUE(read_file(run_folder().log(0)) == pattern(500000));
}

/// A pipe to read the launcher's output from.
struct OutputPipe {
  OutputPipe() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
  }
  std::string path() const { return "/proc/self/fd/" + std::to_string(writer.get()); }
  std::string read_all() {
    writer.reset();
    std::string all;
    char buffer[65536];
    for (ssize_t count = 0; (count = ::read(reader.get(), buffer, sizeof buffer)) > 0;) {
      all.append(buffer, static_cast<std::size_t>(count));
    }
    return all;
  }
  bool read_until(const std::string& text) {
    std::string all;
    char byte = 0;
    while (!all.ends_with(text) && ::read(reader.get(), &byte, 1) == 1) all += byte;
    return all.ends_with(text);
  }
  UniqueFd reader;
  UniqueFd writer;
};

/// Whether a process is in write(2), or gone.
bool is_held_up_or_gone(pid_t pid) {
  const std::string call = read_file("/proc/" + std::to_string(pid) + "/syscall");
  return call.empty() || call.starts_with(std::to_string(SYS_write) + " ");
}

/// Waits until the worker has come to an end, or can write no more.
void await_standstill(pid_t worker, const std::filesystem::path& log) {
  EXPECT_TRUE(await([&] {
    const std::uintmax_t before = std::filesystem::file_size(log);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return is_held_up_or_gone(worker) && std::filesystem::file_size(log) == before;
  }));
}

TEST_F(Output, OfAPipeIsCompleteHoweverSlowItsReaderIs) {
  constexpr std::size_t kSize = 30'000'000;
  OutputPipe output;
  const std::string ready = fifo("ready");
  LauncherProcess launcher(plan({{"tell-pid:" + ready, "out-pattern:" + std::to_string(kSize)}}),
                           output.path());
  await_standstill(hear_pid(ready), run_folder().log(0));
  EXPECT_TRUE(output.read_all() == pattern(kSize));
  EXPECT_EQ(launcher.wait(), 0);
  EXPECT_TRUE(read_file(run_folder().log(0)) == pattern(kSize));
}

TEST_F(Output, ThatNobodyReadsDelaysNoStop) {
  OutputPipe output;
  const std::string ready = fifo("ready");
  LauncherProcess launcher(
      plan({{"tell-pid:" + ready, "out-pattern:30000000"}, {"sleep"}}), output.path(), [this] {
        ::dup2(::open(path("err").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), STDERR_FILENO);
      });
  const pid_t worker = hear_pid(ready);
  ProcessWatch watch(worker);
  await_standstill(worker, run_folder().log(0));
  launcher.send(SIGTERM);
  EXPECT_TRUE(watch.ends());
  EXPECT_EQ(launcher.wait(), 128 + SIGTERM);  // though nobody has read a byte
  EXPECT_NE(read_file(path("err")).find("standard output cannot be written any more"),
            std::string::npos);
}

TEST_F(Output, ThatNobodyReadsHidesNoFailure) {
  OutputPipe output;
  const std::string ready = fifo("ready");
  const std::string turn = fifo("turn");
  LaunchPlan two =
      plan({{"tell-pid:" + ready, "out-pattern:30000000"}, {"await-file-end:" + turn, "exit:7"}});
  LauncherProcess launcher(two, output.path());
  const pid_t worker = hear_pid(ready);
  ProcessWatch watch(worker);
  await_standstill(worker, run_folder().log(0));
  let_go_on(turn);
  EXPECT_TRUE(watch.ends());
  await_text(run_folder().summary(), "\"exit_code\": 7");  // while nobody reads
  output.read_all();
  EXPECT_EQ(launcher.wait(), 7);
}

TEST_F(Output, OfATerminalThatStandsStillDelaysNoWorkerAndTheLossIsSaid) {
  const PseudoTerminal terminal(80, 24);
  ASSERT_EQ(::tcflow(terminal.slave(), TCOOFF), 0);  // Ctrl-S
  const std::string done = fifo("done");
  constexpr std::size_t kSize = Screen::kWideQueueBytes + 5'000'000;
  LauncherProcess launcher(plan({{"out-pattern:" + std::to_string(kSize), "tell-pid:" + done}}),
                           terminal.slave_path());
  EXPECT_GT(hear_pid(done), 0);
  EXPECT_TRUE(await([&] { return std::filesystem::file_size(run_folder().log(0)) == kSize; }));
  ASSERT_EQ(::tcflow(terminal.slave(), TCOON), 0);
  std::string end;
  EXPECT_TRUE(terminal.read_until([&](const std::string& bytes) {
    end = (end + bytes).substr(end.size() > 1000 ? end.size() - 1000 : 0);
    return end.find(" bytes were not shown here, because the terminal was stuck") !=
           std::string::npos;
  }));
  EXPECT_EQ(launcher.wait(), 0);
  EXPECT_TRUE(read_file(run_folder().log(0)) == pattern(kSize));
}

TEST_F(Output, ShowsALineThatHasNoEndWhenNothingMoreComes) {
  OutputPipe output;
  const std::string first = fifo("first");
  const std::string second = fifo("second");
  LaunchPlan two = plan({{"out:go on? ", "await-file-end:" + second, "out:yes\n"},
                         {"await-file-end:" + first, "out:x\n"}});
  two.supervision.show_all_ranks = true;
  LauncherProcess launcher(two, output.path());
  EXPECT_TRUE(output.read_until("[0] go on? "));
  let_go_on(first);
  EXPECT_TRUE(output.read_until("\n[1] x\n"));
  let_go_on(second);
  EXPECT_EQ(output.read_all(), "[0] yes\n");
  EXPECT_EQ(launcher.wait(), 0);
}

TEST_F(Output, KeepsTheBarsOfSeveralRanksApartOnATerminal) {
  const PseudoTerminal terminal(40, 10);
  TerminalModel model(40, 10);
  const std::string first = fifo("first");
  const std::string second = fifo("second");
  LaunchPlan two = plan({{"out: 5%\r10%\r", "await-file-end:" + first, "out:20%\nend\n"},
                         {"err:30%\r40%", "await-file-end:" + second}});
  two.supervision.show_all_ranks = true;
  LauncherProcess launcher(two, terminal.slave_path(), [] { ::setenv("TERM", "xterm", 1); });
  const auto shows = [&](const std::vector<std::string>& wanted) {
    return terminal.read_until([&](const std::string& bytes) {
      model.feed(bytes);
      return model.lines() == wanted;
    });
  };
  EXPECT_TRUE(shows({"[0] 10%", "[1] 40%"}));
  let_go_on(first);
  EXPECT_TRUE(shows({"[0] 20%", "[0] end", "[1] 40%"}));
  let_go_on(second);
  EXPECT_EQ(launcher.wait(), 0);
}

TEST_F(Output, MayGoThroughATerminalOfEachRanksOwn) {
  LaunchPlan one = plan({{"say-whether-terminal", "out-pattern:300000"}});
  one.supervision.has_terminals = true;
  EXPECT_TRUE(run(one).out == "terminal\n" + pattern(300000));
  one.supervision.has_terminals = false;
  EXPECT_TRUE(run(one).out == "none\n" + pattern(300000));
}

}  // namespace
}  // namespace dplaunch
