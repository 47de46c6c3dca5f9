#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "launcher/stacks/kernel_place.h"

namespace dplaunch {

/// A function that a thread is in. Both texts are printable() and short.
struct Frame {
  std::string function;  ///< "all_reduce", "c10d::Reducer::finalize_backward"
  std::string place;     ///< "train.py:31", "libc.so.6"; empty: not known

  bool operator==(const Frame&) const = default;
};

/// Frames from the outermost one inwards.
using Frames = std::vector<Frame>;

/// What a tool made of a thread.
struct TakenFrames {
  Frames frames;        ///< empty: there are none, and `problem` says why
  std::string problem;  ///< in words, without a full stop
};

/// What ranks do together, as PyTorch's flight recorder has it. Texts are printable().
struct LastCollective {
  std::string operation;    ///< "all_reduce"
  std::int64_t number = 0;  ///< counted in its process group, by each rank for itself
  std::string group;        ///< "default_pg"
  std::string input;        ///< "512x10 Float": of its first tensor
  std::string state;        ///< "scheduled", "started" or "completed"
  std::time_t recorded = 0;
};

/// Where the main thread of a rank is.
struct RankStack {
  int rank = 0;
  pid_t pid = 0;        ///< of the process that it is of: the rank's own, or what its shell started
  std::string program;  ///< that this process runs: "python3.11"
  Frames frames;        ///< empty: they could not be taken
  KernelPlace kernel;   ///< what it waits for in the kernel
  std::string source;   ///< who took the frames: "py-spy", "gdb", "eu-stack", "the trainer"
  std::string problem;  ///< why there are no frames
  std::optional<LastCollective> collective = {};  ///< the last one that it asked for
};

/// "train (train.py:31)".
std::string frame_text(const Frame& frame);

/// The frames, and what the thread waits for in the kernel as the last of them.
Frames whole_stack(const RankStack& stack);

/// Names made fit for a terminal, and of a very deep stack the middle left out, which is said.
Frames fit_to_show(Frames frames);

}  // namespace dplaunch
