#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>

#include "base/process/process_mark.h"
#include "common/run_folder.h"
#include "launcher/process/descendants.h"

namespace dplaunch {

/// Has the stacks of all ranks put into the run's folder by another process, as that takes seconds
/// and threads: `dplaunch stacks FOLDER --save`. One at a time. The destructor ends it. Not
/// thread-safe.
class StackTaker {
 public:
  /// Hears of the end, from look(): what is now in RunFolder::stacks(), or "" where that came to
  /// nothing.
  using OnEnd = std::function<void(const std::string& text)>;

  /// The process is spared by `descendants`, which must outlive this, and has the mark `job`.
  StackTaker(Descendants& descendants, const ProcessMark& job)
      : descendants_(descendants), job_(job) {}
  ~StackTaker();
  StackTaker(const StackTaker&) = delete;
  StackTaker& operator=(const StackTaker&) = delete;

  /// Does nothing where one is at work already, none can be started, or this process is not
  /// dplaunch: then it has no such command.
  void start(const RunFolder& folder, OnEnd on_end);
  bool is_at_work() const { return pid_ > 0; }
  /// SIGCHLD came.
  void look();

 private:
  void start_process(const std::string& folder);
  bool reap(int options);

  Descendants& descendants_;
  ProcessMark job_;
  std::filesystem::path file_;
  std::filesystem::file_time_type before_;  ///< when that was written last
  OnEnd on_end_;
  pid_t pid_ = 0;
};

}  // namespace dplaunch
