#pragma once

namespace dplaunch {

/// While it lives, SIGTERM, SIGHUP (unless it is ignored) and SIGINT ask this process to finish its
/// step, write a checkpoint and stop, instead of ending it. A second SIGINT ends it; the others may
/// come again, as they do where a batch system signals all processes of a job and the launcher
/// passes on what it got itself. The destructor gives them their usual effect again.
class StopRequest {
 public:
  StopRequest();
  ~StopRequest();
  StopRequest(const StopRequest&) = delete;
  StopRequest& operator=(const StopRequest&) = delete;

  /// The signal that asked, or 0.
  static int signal();

 private:
  bool is_hangup_ignored_;
};

}  // namespace dplaunch
