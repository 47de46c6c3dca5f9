#pragma once

#include <sys/types.h>

#include <boost/filesystem/path.hpp>
#include <boost/process/v2/posix/default_launcher.hpp>
#include <boost/system/error_code.hpp>
#include <vector>

#include "base/process/process_mark.h"

namespace dplaunch {

/// What happens in a worker between fork and exec, as an initializer of Boost.Process v2: own
/// process group, death with the launcher, standard streams, signals as in a fresh shell, its
/// cores, and no descriptor but the inherited ones.
class ChildSetup {
 public:
  using Launcher = boost::process::v2::posix::default_launcher;

  struct Descriptors {
    int stdin_fd = -1;
    int stdout_fd = -1;
    int stderr_fd = -1;
    std::vector<int> inherited;  ///< kept under their own numbers
  };

  /// Puts the mark `job` on the worker. Binds to `cpus` (the kernel's numbers), if there are any. A
  /// worker that cannot be bound, because its cores were taken away since the plan was made, says
  /// so on standard error and runs anyway. `ignored_signals` are ignored, all others have their
  /// default action.
  /// `held_signal` (0: none) stays blocked: the program has a handler for it once it lets it
  /// through.
  ChildSetup(Descriptors descriptors, const ProcessMark& job, std::vector<int> ignored_signals,
             const std::vector<int>& cpus = {}, int held_signal = 0);

  boost::system::error_code on_setup(Launcher& launcher, const boost::filesystem::path& executable,
                                     const char* const* argv);
  boost::system::error_code on_exec_setup(Launcher& launcher,
                                          const boost::filesystem::path& executable,
                                          const char* const* argv);
  /// The executable could not be run, as Boost's pipe reports to the launcher. Boost
  /// would go on to ::exit, which runs the launcher's own exit handlers and flushes its buffers.
  template <typename... Unused>
  [[noreturn]] void on_exec_error(Unused&&...) {
    leave();
  }

 private:
  [[noreturn]] static void leave();
  void bind_to_cpus() const;

  Descriptors descriptors_;
  ProcessMark job_;
  std::vector<int> ignored_signals_;
  int held_signal_;
  std::vector<unsigned long> cpu_mask_;  ///< as sched_setaffinity wants it; empty: not bound
  pid_t launcher_;
};

}  // namespace dplaunch
