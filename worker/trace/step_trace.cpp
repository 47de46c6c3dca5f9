#include "worker/trace/step_trace.h"

#include <torch/csrc/autograd/profiler_kineto.h>

#include <exception>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "base/text/words.h"
#include "worker/device/device.h"
#include "worker/report/log.h"
#include "worker/trace/chrome_trace.h"

namespace dplaunch {
namespace {

namespace profiler = torch::autograd::profiler;
using torch::profiler::impl::ActivityType;
using torch::profiler::impl::ProfilerConfig;
using torch::profiler::impl::ProfilerState;

std::set<ActivityType> activities(at::Device device) {
  std::set<ActivityType> wanted = {ActivityType::CPU};
  if (device.is_cuda()) wanted.insert(ActivityType::CUDA);
  return wanted;
}

ProfilerConfig profiler_config() {
  return ProfilerConfig(ProfilerState::KINETO);
}

/// A c10::Error's text ends with a stack of many lines, which is no help to a user.
std::string first_line_of(const std::exception& error) {
  const std::string text = error.what();
  return text.substr(0, text.find('\n'));
}

bool is_there(const std::filesystem::path& trace) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(trace, ignored);
}

void discard(const std::filesystem::path& trace) {
  std::error_code ignored;  // what cannot be removed cannot be written either, which warns
  std::filesystem::remove(trace, ignored);
}

}  // namespace

StepTrace::StepTrace(std::int64_t steps, RunFolder folder, ProcessGroup& group, at::Device device)
    : steps_(steps), folder_(std::move(folder)), group_(group), device_(device) {
  if (steps_ == 0) return;
  folder_.check_ours();
  discard(folder_.trace(group_.rank()));
  discard(folder_.merged_trace());
}

void StepTrace::begin_step(std::int64_t step) {
  if (steps_ == 0) return;
  // The profiler's own start takes a while: in a step before those that are looked at.
  if (seen_ == kWarmUpSteps - 1) prepare();
  if (seen_ == kWarmUpSteps) {
    first_ = step;
    start();
  }
  last_ = step;
  if (!is_recording_) return;
  step_name_ = "step " + std::to_string(step);
  step_range_.emplace(step_name_.c_str());
}

void StepTrace::end_step() {
  if (steps_ == 0) return;
  step_range_.reset();
  ++seen_;
  if (seen_ == kWarmUpSteps + steps_) write();
}

void StepTrace::finish() {
  if (steps_ == 0) return;
  if (seen_ > kWarmUpSteps) {
    write();
    return;
  }
  steps_ = 0;
  if (group_.rank() != 0) return;
  warn_line("no trace: the run ended after " + std::to_string(seen_) +
            " steps, and the first recorded one is the " + std::to_string(kWarmUpSteps + 1) +
            "th; train longer with --trace");
}

void StepTrace::prepare() {
  try {
    profiler::prepareProfiler(profiler_config(), activities(device_));
  } catch (const std::exception& error) {
    give_up("cannot be prepared", first_line_of(error));
  }
}

void StepTrace::start() {
  try {
    profiler::enableProfiler(profiler_config(), activities(device_));
    is_recording_ = true;
  } catch (const std::exception& error) {
    give_up("cannot be recorded", first_line_of(error));
  }
}

void StepTrace::write() {
  steps_ = 0;
  if (std::exchange(is_recording_, false)) {
    try {
      save();
    } catch (const std::exception& error) {
      give_up("is not written", first_line_of(error));
      if (folder_.is_ours()) discard(folder_.trace(group_.rank()));
    }
  }
  // Nobody merges before all have written.
  group_.all_gather(0, device_);
  if (!is_first_of_folder()) return;
  try {
    merge();
  } catch (const std::exception& error) {
    warn_line("the ranks' traces are not merged: " + first_line_of(error));
  }
}

void StepTrace::save() {
  device::synchronize();
  folder_.check_ours();
  const std::filesystem::path path = folder_.trace(group_.rank());
  profiler::disableProfiler()->save(path.string());
  normalize_rank_trace(path, {group_.rank(), "rank " + std::to_string(group_.rank())});
}

void StepTrace::merge() {
  folder_.check_ours();
  std::vector<std::filesystem::path> traces;
  for (int rank = 0; rank < group_.size(); ++rank) {
    if (is_there(folder_.trace(rank))) traces.push_back(folder_.trace(rank));
  }
  merge_traces(traces, folder_.merged_trace());
  log_line("trace of steps " + std::to_string(first_) + " to " + std::to_string(last_) + ", " +
           counted(std::ssize(traces), "rank") + ": " + folder_.merged_trace().string() +
           " (open it in https://ui.perfetto.dev)");
}

/// Hosts of one job may each have a run folder of their own.
bool StepTrace::is_first_of_folder() const {
  for (int rank = 0; rank < group_.rank(); ++rank) {
    if (is_there(folder_.trace(rank))) return false;
  }
  return is_there(folder_.trace(group_.rank()));
}

void StepTrace::give_up(const std::string& doing, const std::string& why) {
  warn_line("rank " + std::to_string(group_.rank()) + "'s trace " + doing + ": " + why);
}

}  // namespace dplaunch
