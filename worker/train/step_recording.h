#pragma once

#include <functional>
#include <string>

namespace dplaunch {

/// When the work of a training step is done operation by operation, when it is recorded, and when
/// the record is replayed in its place: the same on every rank. Not thread-safe.
class StepRecording {
 public:
  /// Steps before the recording. In these the device's libraries choose their kernels and take
  /// their memory, and c10d's reducer measures its first ten with events of its own, which must not
  /// be recorded (as PyTorch's notes on CUDA graphs say of DDP).
  static constexpr int kWarmUpSteps = 11;

  using Work = std::function<void()>;
  struct Means {
    /// Records what `work` would do instead of doing it. Throws if that is impossible.
    std::function<void(const Work& work)> record;
    /// Does what was recorded.
    std::function<void()> replay;
    /// Whether every rank has recorded the step, the same answer on all; a collective.
    /// `own_failure`: why this rank has not, or empty. After false nothing is recorded any more,
    /// and what a broken-off recording has left must be as before.
    std::function<bool(const std::string& own_failure)> has_succeeded;
  };
  explicit StepRecording(Means means);

  /// Does the work of one step, which in every step is the same operations on the same memory.
  void run(const Work& work);

  /// Whether `work` is running to be recorded.
  bool is_recording() const { return is_recording_; }

 private:
  bool record(const Work& work);

  enum class State { kWarmingUp, kReplaying, kNotRecorded } state_ = State::kWarmingUp;
  Means means_;
  int steps_ = 0;
  bool is_recording_ = false;
};

}  // namespace dplaunch
