#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/files/unique_fd.h"
#include "launcher/plan/launch_plan.h"
#include "tests/support/owned_child.h"

namespace dplaunch {

/// A folder of its own for each test, with helpers to run acting workers in it.
class ProcessTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  std::filesystem::path path(const std::string& name) const { return folder_ / name; }
  /// Makes a FIFO to hear from workers.
  std::string fifo(const std::string& name) const;
  RunFolder run_folder() const { return RunFolder(folder_ / "run"); }

  /// One rank for each list of acts.
  LaunchPlan plan(const std::vector<std::vector<std::string>>& acts_of_ranks) const;

  /// The result of supervise(): what it returned, showed and reported.
  struct Result {
    int exit_code = -1;
    std::string out;
    std::string err;
  };
  static Result run(const LaunchPlan& plan);

 private:
  std::filesystem::path folder_;
};

/// A launcher in a process of its own, to be signalled.
class LauncherProcess : public OwnedChild {
 public:
  /// `before` runs in it first.
  explicit LauncherProcess(
      const LaunchPlan& plan, const std::filesystem::path& output,
      const std::function<void()>& before = [] {});

  /// Whether it has stopped, or goes on; waits for it.
  bool await_stop() const;
  bool await_continuation() const;
};

/// Whether the process, of any parentage, is dead within ten seconds. Opened while it lives.
class ProcessWatch {
 public:
  explicit ProcessWatch(pid_t pid);
  bool ends() const;
  /// Whether it is not dead at this moment.
  bool lives() const;

 private:
  UniqueFd pidfd_;
};

/// Waits for a guard of that launcher that is none of `before`; 0 after ten seconds.
pid_t guard_besides(pid_t launcher, const std::vector<pid_t>& before);

/// Kills the guard of a launcher whose rank waits for `turn` and then ends with that exit code:
/// another takes its place, and goes with the job.
void expect_guard_to_be_replaced(LauncherProcess& launcher, const std::string& turn, int exit_code);

/// Blocks until a worker writes something to the FIFO, and returns it.
std::string hear(const std::string& fifo);
pid_t hear_pid(const std::string& fifo);
/// Lets a worker go on that waits in "await-file-end".
void let_go_on(const std::string& fifo);

/// Waits until the file holds `text`; a failed test after ten seconds.
void await_text(const std::filesystem::path& path, const std::string& text);

/// Waits until the process's state in /proc/PID/stat is `state`; false after ten seconds.
bool await_state(pid_t pid, char state);

std::string read_file(const std::filesystem::path& path);

}  // namespace dplaunch
