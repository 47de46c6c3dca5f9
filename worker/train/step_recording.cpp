#include "worker/train/step_recording.h"

#include <exception>
#include <utility>

namespace dplaunch {

StepRecording::StepRecording(Means means) : means_(std::move(means)) {}

void StepRecording::run(const Work& work) {
  if (state_ == State::kWarmingUp && steps_++ == kWarmUpSteps) {
    state_ = record(work) ? State::kReplaying : State::kNotRecorded;
  }
  if (state_ == State::kReplaying) {
    means_.replay();
  } else {
    work();
  }
}

bool StepRecording::record(const Work& work) {
  std::string failure;
  is_recording_ = true;
  try {
    means_.record(work);
  } catch (const std::exception& error) {
    failure = error.what();
    if (failure.empty()) failure = "unknown";
  }
  is_recording_ = false;
  return means_.has_succeeded(failure);
}

}  // namespace dplaunch
