#pragma once

namespace dplaunch {

/// While it lives, SIGTERM, SIGHUP (unless it is ignored), SIGINT and the preempt signal ask this
/// process to finish its step, write a checkpoint and stop, instead of ending it. The preempt
/// signal is blocked until then, by the launcher: one that came earlier asks now. A second SIGINT
/// ends it; the others may come again, as they do where a batch system signals all processes of a
/// job and the launcher passes on what it got itself. The destructor gives them their usual effect
/// again, but for the preempt signal, which then has none.
class StopRequest {
 public:
  /// 0: there is no preempt signal.
  explicit StopRequest(int preempt_signal);
  ~StopRequest();
  StopRequest(const StopRequest&) = delete;
  StopRequest& operator=(const StopRequest&) = delete;

  /// The signal that asked first, or 0.
  static int signal();
  /// Whether that was the preempt signal.
  static bool is_preemption();

 private:
  bool is_hangup_ignored_;
};

}  // namespace dplaunch
