#include "launcher/stacks/stack.h"

#include <fmt/core.h>

#include <cstddef>

#include "base/text/printable.h"
#include "base/text/terminal_text.h"

namespace dplaunch {
namespace {

// Of a recursion without end, what led into it and where it is.
constexpr std::size_t kOutermost = 100;
constexpr std::size_t kInnermost = 50;
constexpr int kMaxColumns = 160;

}  // namespace

std::string frame_text(const Frame& frame) {
  return frame.place.empty() ? frame.function : fmt::format("{} ({})", frame.function, frame.place);
}

Frames whole_stack(const RankStack& stack) {
  Frames frames = stack.frames;
  if (!stack.kernel.call.empty()) frames.push_back({stack.kernel.call, ""});
  return frames;
}

Frames fit_to_show(Frames frames) {
  if (frames.size() > kOutermost + kInnermost) {
    const std::size_t left_out = frames.size() - kOutermost - kInnermost;
    const auto first = frames.begin() + kOutermost;
    frames.erase(first, first + static_cast<std::ptrdiff_t>(left_out));
    frames.insert(first, {fmt::format("... {} more frames ...", left_out), ""});
  }
  for (Frame& frame : frames) {
    frame.function = shortened(printable(frame.function), kMaxColumns);
    if (frame.function.empty()) frame.function = "?";
    frame.place = shortened(printable(frame.place), kMaxColumns);
  }
  return frames;
}

}  // namespace dplaunch
