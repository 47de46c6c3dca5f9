#include "launcher/stacks/trainer_stack.h"

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/files/file_version.h"
#include "base/files/read_file.h"
#include "base/process/describe_process.h"
#include "base/process/held_process.h"
#include "base/process/process_table.h"
#include "base/text/words.h"
#include "common/stack_signal.h"
#include "common/status_board.h"
#include "launcher/stacks/native_stack.h"

namespace dplaunch {
namespace {

using Clock = std::chrono::steady_clock;

// It looks up names of LibTorch's functions, on a machine that may be busy.
constexpr std::chrono::seconds kTrainerTimeout{10};
constexpr int kLookMs = 5;
constexpr int kTries = 20;
constexpr std::size_t kMaxStackBytes = 1 << 20;

bool is_in_rendezvous(const RunFolder& folder, int local_rank) {
  try {
    const StatusBoard board = StatusBoard::open(folder.status_board());
    return board.world_size() > local_rank && board.read(local_rank).phase == Phase::kRendezvous;
  } catch (const Error&) {
    return true;  // nobody knows
  }
}

// By its number, which is its own as long as the launcher has not reaped it: at the end of the job.
bool send_request(pid_t pid) {
  sigval value{};
  value.sival_int = kStackToFile;
  return ::sigqueue(pid, stack_signal(), value) == 0;
}

/// False at the end of the process, or of the time.
bool wait_for_answer(const std::filesystem::path& file, const FileVersion& before,
                     const HeldProcess& process) {
  const auto deadline = Clock::now() + kTrainerTimeout;
  while (FileVersion::of(file) == before) {
    pollfd end{process.end_fd(), POLLIN, 0};
    if (::poll(&end, 1, kLookMs) > 0 || Clock::now() > deadline) return false;
  }
  return true;
}

TakenFrames ask_once(const RunFolder& folder, int rank, pid_t pid) {
  const std::optional<HeldProcess> process = HeldProcess::open(pid);
  const std::filesystem::path file = folder.stack(rank);
  const FileVersion before = FileVersion::of(file);
  if (!process || !program_name(pid).starts_with("dplaunch-worker")) return {{}, "it has ended"};
  if (!send_request(pid)) {
    return {{}, errno == EPERM ? "it is another user's" : "it has ended"};
  }
  if (!wait_for_answer(file, before, *process)) {
    return {{}, "it did not write its stack when asked"};
  }
  try {
    return parse_trainer_stack(read_file(file, kMaxStackBytes).value_or(""));
  } catch (const Error& error) {
    return {{}, error.what()};
  }
}

/// From code that oneDNN has made at run time no way leads back; a moment later it is elsewhere.
bool reaches_main(const Frames& frames) {
  return std::any_of(frames.begin(), frames.end(),
                     [](const Frame& frame) { return frame.function == "main"; });
}

}  // namespace

bool answers_for_itself(const RunFolder& folder, int local_rank, pid_t pid) {
  return program_name(pid).starts_with("dplaunch-worker") &&
         is_in_signal_set(pid, "SigCgt", stack_signal()) && !is_suspended(process_state(pid)) &&
         !is_in_rendezvous(folder, local_rank);
}

TakenFrames ask_trainer(const RunFolder& folder, int rank, pid_t pid) {
  TakenFrames taken;
  for (int i = 0; i < kTries && !reaches_main(taken.frames); ++i) {
    taken = ask_once(folder, rank, pid);
    if (taken.frames.empty()) break;
  }
  return taken;
}

// "  #3 NAME(PARAMETERS)  (LIBRARY)", innermost first.
TakenFrames parse_trainer_stack(std::string_view text) {
  Frames frames;
  for (const std::string& line : split(text, '\n')) {
    if (!line.starts_with("  #")) continue;
    const std::size_t name = line.find(' ', 3);
    if (name == std::string::npos) continue;
    const std::size_t library = std::min(line.rfind("  ("), line.size());
    Frame frame;
    if (library > name) frame.function = function_name(line.substr(name + 1, library - name - 1));
    if (library < line.size()) frame.place = line.substr(library + 3);
    if (frame.place.ends_with(')')) frame.place.pop_back();
    frames.push_back(std::move(frame));
  }
  std::reverse(frames.begin(), frames.end());
  if (frames.empty()) return {{}, "it wrote no frames"};
  return {fit_to_show(std::move(frames)), ""};
}

}  // namespace dplaunch
