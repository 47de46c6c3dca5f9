#pragma once

namespace dplaunch {

/// While it lives, SIGTERM and SIGINT ask this process to finish its step, write a checkpoint and
/// stop, instead of ending it. A second SIGINT ends it; SIGTERM may come again, as it does where a
/// batch system signals all processes of a job and the launcher passes on what it got itself. The
/// destructor restores what was before.
class StopRequest {
 public:
  StopRequest();
  ~StopRequest();
  StopRequest(const StopRequest&) = delete;
  StopRequest& operator=(const StopRequest&) = delete;

  /// The signal that asked, or 0.
  static int signal();
};

}  // namespace dplaunch
