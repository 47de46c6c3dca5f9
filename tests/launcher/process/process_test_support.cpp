#include "process_test_support.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "await.h"
#include "base/process/process_table.h"
#include "launcher/process/supervise.h"

namespace dplaunch {

void ProcessTest::SetUp() {
  std::string name = (std::filesystem::temp_directory_path() / "process-test-XXXXXX").string();
  ASSERT_NE(::mkdtemp(name.data()), nullptr);
  folder_ = name;
}

void ProcessTest::TearDown() {
  std::filesystem::remove_all(folder_);
}

std::string ProcessTest::fifo(const std::string& name) const {
  const std::string made = path(name);
  EXPECT_EQ(::mkfifo(made.c_str(), 0600), 0);
  return made;
}

LaunchPlan ProcessTest::plan(const std::vector<std::vector<std::string>>& acts_of_ranks) const {
  LaunchPlan plan;
  plan.run_folder = run_folder();
  plan.is_own_worker = false;
  plan.supervision.moment = std::chrono::milliseconds(100);
  for (const std::vector<std::string>& acts : acts_of_ranks) {
    RankPlan rank;
    rank.environment.rank = rank.environment.local_rank = static_cast<int>(plan.ranks.size());
    rank.environment.world_size = rank.environment.local_world_size =
        static_cast<int>(acts_of_ranks.size());
    rank.argv = {ACTING_WORKER};
    rank.argv.insert(rank.argv.end(), acts.begin(), acts.end());
    plan.ranks.push_back(rank);
  }
  return plan;
}

ProcessTest::Result ProcessTest::run(const LaunchPlan& plan) {
  Result result;
  std::ostringstream out;
  ::testing::internal::CaptureStderr();
  try {
    result.exit_code = supervise(plan, out);
  } catch (...) {
    ::testing::internal::GetCapturedStderr();
    throw;
  }
  result.err = ::testing::internal::GetCapturedStderr();
  result.out = out.str();
  return result;
}

/// The child would write once more what this process has not written yet.
static pid_t fork_clean() {
  std::cout.flush();
  std::fflush(stdout);
  return ::fork();
}

LauncherProcess::LauncherProcess(const LaunchPlan& plan, const std::filesystem::path& output,
                                 const std::function<void()>& before)
    : OwnedChild(fork_clean()) {
  if (pid() != 0) return;
  before();
  // As a shell does it: the launcher writes to a descriptor.
  ::dup2(::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_CLOEXEC, 0666),
         STDOUT_FILENO);
  int code = 99;
  try {
    code = supervise(plan, std::cout);
  } catch (const std::exception& e) {
    std::cerr << e.what() << std::endl;
  }
  ::_exit(code);
}

bool LauncherProcess::await_stop() const {
  int status = 0;
  return ::waitpid(pid(), &status, WUNTRACED) == pid() && WIFSTOPPED(status);
}

bool LauncherProcess::await_continuation() const {
  int status = 0;
  return ::waitpid(pid(), &status, WCONTINUED) == pid() && WIFCONTINUED(status);
}

ProcessWatch::ProcessWatch(pid_t pid)
    : pidfd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {
  EXPECT_TRUE(pidfd_) << "process " << pid << " is not there";
}

bool ProcessWatch::ends() const {
  pollfd end{pidfd_.get(), POLLIN, 0};
  return ::poll(&end, 1, 10000) == 1 && (end.revents & POLLIN) != 0;
}

bool ProcessWatch::lives() const {
  pollfd end{pidfd_.get(), POLLIN, 0};
  return ::poll(&end, 1, 0) == 0;
}

void let_go_on(const std::string& fifo) {
  // Not waiting in open(): a worker that has died would never come.
  UniqueFd end;
  EXPECT_TRUE(await([&] {
    end.reset(::open(fifo.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK));
    return static_cast<bool>(end);
  })) << "nobody waits for "
      << fifo;
}

void await_text(const std::filesystem::path& path, const std::string& text) {
  const bool is_there = await([&] { return read_file(path).find(text) != std::string::npos; });
  EXPECT_TRUE(is_there) << "\"" << text << "\" is not in: " << read_file(path);
}

bool await_state(pid_t pid, char state) {
  return await([&] { return process_state(pid) == state; });
}

static std::vector<pid_t> guards_of(pid_t launcher) {
  std::vector<pid_t> guards;
  for (const ProcessEntry& process : list_processes()) {
    if (process.parent != launcher || process.state == 'Z') continue;
    if (read_proc_file(process.pid, "comm") == "dplaunch-guard\n") guards.push_back(process.pid);
  }
  return guards;
}

pid_t guard_besides(pid_t launcher, const std::vector<pid_t>& before) {
  pid_t found = 0;
  await([&] {
    for (const pid_t guard : guards_of(launcher)) {
      if (std::count(before.begin(), before.end(), guard) == 0) found = guard;
    }
    return found != 0;
  });
  return found;
}

void expect_guard_to_be_replaced(LauncherProcess& launcher, const std::string& turn,
                                 int exit_code) {
  const pid_t first = guard_besides(launcher.pid(), {});
  ASSERT_NE(first, 0);
  ::kill(first, SIGKILL);
  const ProcessWatch second(guard_besides(launcher.pid(), {first}));
  let_go_on(turn);
  EXPECT_EQ(launcher.wait(), exit_code);
  EXPECT_TRUE(second.ends());
}

std::string hear(const std::string& fifo) {
  return read_file(fifo);
}

pid_t hear_pid(const std::string& fifo) {
  return static_cast<pid_t>(std::stol(hear(fifo)));
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

}  // namespace dplaunch
