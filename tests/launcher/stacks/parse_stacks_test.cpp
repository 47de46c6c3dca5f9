// What py-spy, gdb, eu-stack and dplaunch's own worker print: recorded outputs of the real ones.
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "launcher/stacks/kernel_place.h"
#include "launcher/stacks/missing_stacks.h"
#include "launcher/stacks/native_stack.h"
#include "launcher/stacks/py_spy.h"
#include "launcher/stacks/trainer_stack.h"

namespace dplaunch {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string recorded(const std::string& name) {
  std::ifstream file(std::string(RECORDED_STACKS) + "/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

std::vector<std::string> texts(const Frames& frames) {
  std::vector<std::string> all;
  for (const Frame& frame : frames) all.push_back(frame_text(frame));
  return all;
}

TEST(FunctionName, IsWithoutParametersAndTemplateArguments) {
  EXPECT_EQ(function_name("main"), "main");
  EXPECT_EQ(function_name("c10d::Reducer::finalize(int, bool) const"), "c10d::Reducer::finalize");
  EXPECT_EQ(function_name("std::vector<std::pair<int, int>, A>::push_back(int&&)"),
            "std::vector<>::push_back");
  EXPECT_EQ(function_name("a::(anonymous namespace)::wait(int)"), "a::(anonymous namespace)::wait");
  EXPECT_EQ(function_name("A::operator()(int) const"), "A::operator()");
  EXPECT_EQ(function_name("A::operator<<(int)"), "A::operator<<");
  EXPECT_EQ(function_name("pthread_cond_wait@@GLIBC_2.3.2"), "pthread_cond_wait");
  EXPECT_EQ(function_name("<module>"), "<module>");
  EXPECT_EQ(function_name(""), "");
}

TEST(Interpreter, IsOneFrameWhereverItIs) {
  EXPECT_THAT(texts(without_interpreter({{"main", "python3.11"},
                                         {"Py_RunMain", "python3.11"},
                                         {"_PyEval_EvalFrameDefault", ""},
                                         {"wait", "libtorch.so"},
                                         {"PyObject_Call", "libpython3.13.so.1.0"},
                                         {"??", ""},
                                         {"read", "libc.so.6"}})),
              ElementsAre("(Python)", "wait (libtorch.so)", "(Python)", "read (libc.so.6)"));
}

TEST(KernelPlace, SaysTheCallAndWhatItWaitsFor) {
  EXPECT_EQ(call_words("0 0x3 0x7f80 0x1 0x0 0x0 0x0 0x7ffe 0x7f80", "pipe"), "read(pipe)");
  EXPECT_EQ(call_words("202 0x1 0x80 0x0", ""), "futex()");
  EXPECT_EQ(call_words("running", ""), "");
  EXPECT_EQ(call_words("-1 0x7ffe 0x7f80", ""), "");
  EXPECT_EQ(call_words("9999 0x0", ""), "system call 9999");
  EXPECT_EQ(call_words("", ""), "");
  EXPECT_EQ(restarted_call("hrtimer_nanosleep"), "sleep()");
  EXPECT_EQ(restarted_call("futex_wait_queue"), "futex()");
  EXPECT_EQ(restarted_call("do_syscall_64"), "timed wait()");
  EXPECT_EQ(file_words("pipe:[123]"), "pipe");
  EXPECT_EQ(file_words("socket:[123]"), "socket");
  EXPECT_EQ(file_words("anon_inode:[eventfd]"), "[eventfd]");
  EXPECT_EQ(file_words("/data/a\x1b[1m.bin"), "/data/a?[1m.bin");
}

TEST(Tracing, ThatIsForbiddenHasARemedyForEachReason) {
  EXPECT_THAT(how_to_trace(1, false), HasSubstr("sysctl kernel.yama.ptrace_scope=0"));
  EXPECT_THAT(how_to_trace(0, false), Not(HasSubstr("sysctl")));
  EXPECT_THAT(how_to_trace(0, true), HasSubstr("--cap-add SYS_PTRACE"));
  EXPECT_THAT(how_to_trace(3, true), HasSubstr("until its next boot"));
}

// held_ranks.py of the integration tests, whose rank waits for a lock, under Debian's Python 3.11.
constexpr pid_t kRecorded = 26607;

TEST(PySpy, HasTheMainThreadsPythonFrames) {
  EXPECT_THAT(texts(parse_py_spy(recorded("py_spy.json"), kRecorded).frames),
              ElementsAre("<module> (held_ranks.py:61)", "main (held_ranks.py:57)",
                          "train (held_ranks.py:45)", "hold_in_lock (held_ranks.py:33)"));
}

TEST(PySpy, MayHaveNativeFramesWhoseAddressesAreNoNames) {
  EXPECT_THAT(
      texts(parse_py_spy(recorded("py_spy_native.json"), kRecorded).frames),
      ElementsAre("? (libc.so.6)", "<module> (held_ranks.py:61)", "main (held_ranks.py:57)",
                  "train (held_ranks.py:45)", "hold_in_lock (held_ranks.py:33)",
                  "PyThread_acquire_lock_timed (python3.11)", "? (libc.so.6)", "? (libc.so.6)"));
}

TEST(PySpy, IsUnderstoodBehindItsWarnings) {
  const std::string warning = "[2026-11-27T06:00:00Z WARN  py_spy::config] a warning\n";
  EXPECT_EQ(parse_py_spy(warning + recorded("py_spy.json"), kRecorded).frames.size(), 4U);
}

TEST(PySpy, OfAnotherPidNamespaceIsKnownByTheThreadsName) {
  EXPECT_EQ(parse_py_spy(recorded("py_spy.json"), 1).frames.size(), 4U);
}

TEST(Gdb, HasTheNativeFrames) {
  const TakenFrames taken = parse_gdb(recorded("gdb.txt"));
  ASSERT_EQ(taken.frames.size(), 20U) << taken.problem;
  EXPECT_EQ(taken.frames.front(), (Frame{"_start", ""}));
  EXPECT_EQ(taken.frames[1], (Frame{"__libc_start_main_impl", "libc-start.c:360"}));
  EXPECT_EQ(taken.frames.back(), (Frame{"__futex_abstimed_wait_common", "futex-internal.c:103"}));
  EXPECT_THAT(texts(without_interpreter(taken.frames)),
              ElementsAre("_start", "__libc_start_main_impl (libc-start.c:360)",
                          "__libc_start_call_main (libc_start_call_main.h:58)", "(Python)",
                          "__new_sem_wait_slow64 (sem_waitcommon.c:183)",
                          "do_futex_wait (sem_waitcommon.c:111)",
                          "__GI___futex_abstimed_wait_cancelable64 (futex-internal.c:139)",
                          "__futex_abstimed_wait_common (futex-internal.c:103)"));
}

TEST(Gdb, NamesTheLibraryWhereItKnowsNoLine) {
  const TakenFrames taken = parse_gdb(
      "#0  0x00007f3d in c10d::Work::wait(std::chrono::duration<long, std::ratio<1l, 1000l> >) () "
      "from "
      "/env/lib/libtorch_cpu.so\n"
      "#1  0x00005555 in main (argc=..., argv=...) at from at/main.cpp:7\n");
  EXPECT_THAT(texts(taken.frames),
              ElementsAre("main (main.cpp:7)", "c10d::Work::wait (libtorch_cpu.so)"));
}

TEST(Gdb, ThatMayNotLookHasNoFrames) {
  EXPECT_THAT(parse_gdb("ptrace: Operation not permitted.\nNo stack.\n").frames, IsEmpty());
}

TEST(EuStack, HasTheNativeFrames) {
  const TakenFrames taken = parse_eu_stack(recorded("eu_stack.txt"));
  ASSERT_EQ(taken.frames.size(), 18U) << taken.problem;
  EXPECT_THAT(
      texts(without_interpreter(taken.frames)),
      ElementsAre("(Python)", "__libc_start_main (libc.so.6)", "__libc_start_call_main (libc.so.6)",
                  "(Python)", "__new_sem_wait_slow64.constprop.0 (libc.so.6)",
                  "__futex_abstimed_wait_common (libc.so.6)"));
}

TEST(Trainer, WritesItsFramesInnermostFirst) {
  const TakenFrames taken = parse_trainer_stack(
      "  #0 read  (libc.so.6)\n"
      "  #1 ?\n"
      "  #2 c10d::ProcessGroupGloo::AsyncWork::wait(std::chrono::duration<long>)  "
      "(libtorch_cpu.so)\n"
      "  #3 dplaunch::(anonymous namespace)::run(int)  (dplaunch-worker-cpu)\n");
  EXPECT_THAT(texts(taken.frames),
              ElementsAre("dplaunch::(anonymous namespace)::run (dplaunch-worker-cpu)",
                          "c10d::ProcessGroupGloo::AsyncWork::wait (libtorch_cpu.so)", "?",
                          "read (libc.so.6)"));
}

TEST(HostileOutput, GivesNoFramesAndAReason) {
  for (const std::string& text :
       {std::string(), std::string("[\n"), std::string("[\n{\"frames\": 3}\n]"),
        std::string("[\n[[[[\n"), std::string("#"), std::string("#1"), std::string("  #1"),
        std::string(100'000, '['), std::string(1000, '#'), std::string("#0 0x"),
        std::string("\0\0\0", 3)}) {
    for (const TakenFrames& taken :
         {parse_py_spy(text, 1), parse_eu_stack(text), parse_trainer_stack(text)}) {
      EXPECT_EQ(taken.frames.empty(), !taken.problem.empty()) << text.substr(0, 40);
    }
  }
}

TEST(DeepStack, KeepsItsBeginningAndItsEnd) {
  std::string text;
  for (int i = 0; i < 5000; ++i)
    text += "#" + std::to_string(i) + "  f" + std::to_string(i) + " ()\n";
  const TakenFrames taken = parse_gdb(text);
  EXPECT_EQ(taken.frames.size(), 151U);
  EXPECT_EQ(taken.frames.front().function, "f4999");
  EXPECT_EQ(taken.frames.back().function, "f0");
  EXPECT_THAT(texts(taken.frames), Contains("... 4850 more frames ..."));
}

}  // namespace
}  // namespace dplaunch
