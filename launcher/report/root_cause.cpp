#include "launcher/report/root_cause.h"

#include <signal.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <string_view>
#include <tuple>

#include "base/exit_code.h"
#include "common/lost_peer.h"
#include "launcher/report/last_exception.h"

namespace dplaunch {
namespace {

// In the order in which failures are taken for the root cause.
enum Preference {
  kOwnFailure,
  kConsequence,
  kErrorWhileStopped,
  kCodeWhileStopped,
  kConsequenceWhileStopped,
  kNoFailure
};

/// Python's for an uncaught exception.
constexpr int kUncaught = 1;

/// Ended by a signal, or with the code that a shell gives such an end. Not only by the one that was
/// recorded: a group's second request, the kill after the grace, or a handler that passes the
/// signal on in another form (SIGHUP arrives as SIGTERM) end a rank as well.
bool has_obeyed(const RankOutcome& outcome) {
  if (!outcome.is_stopped_by_launcher) return false;
  if (outcome.exit_code == to_int(ExitCode::kPreempted)) return true;  // the trainer says so
  for (const int sent : {outcome.stop_signal, SIGTERM, SIGKILL, SIGINT, SIGHUP, SIGQUIT}) {
    if (sent != 0 && (outcome.signal == sent || outcome.exit_code == 128 + sent)) return true;
  }
  return false;
}

/// However late it left.
bool failed_before_stop(const RankOutcome& outcome) {
  if (!outcome.is_stopped_by_launcher) return true;
  if (outcome.record) {
    const std::int64_t recorded_ns = outcome.record->monotonic_ns;
    // torch's have no time that is fine enough.
    return recorded_ns > 0 ? recorded_ns < outcome.stop_asked_ns : outcome.was_failing;
  }
  return outcome.was_failing && (outcome.exit_code == kUncaught || has_obeyed(outcome));
}

bool is_consequence(const RankOutcome& outcome) {
  if (outcome.record && outcome.record->is_consequence) return true;
  // Killed by a signal, a rank that records nothing did not end by what it said.
  const bool has_crashed = !outcome.record && outcome.signal != 0 && !outcome.was_failing;
  return !has_crashed && has_lost_peer(outcome);
}

Preference preference(const RankOutcome& outcome) {
  if (!outcome.stall.empty()) return kOwnFailure;
  if (outcome.exit_code == 0 && outcome.signal == 0) return kNoFailure;
  if (failed_before_stop(outcome)) return is_consequence(outcome) ? kConsequence : kOwnFailure;
  if (!outcome.record && has_obeyed(outcome)) return kNoFailure;
  if (is_consequence(outcome)) return kConsequenceWhileStopped;
  return outcome.record || outcome.signal != 0 ? kErrorWhileStopped : kCodeWhileStopped;
}

/// A rank that reports an error may take seconds to leave, in which others die of it; one that hung
/// did so before it was ended for that.
std::int64_t failed_ns(const RankOutcome& outcome) {
  if (!outcome.stall.empty() && outcome.stop_asked_ns > 0) return outcome.stop_asked_ns;
  if (outcome.record && outcome.record->monotonic_ns > 0) return outcome.record->monotonic_ns;
  return outcome.was_failing ? outcome.stop_asked_ns : outcome.ended_ns;
}

/// "[rank0]: ", which torch puts before each line of a traceback.
std::string_view without_rank(std::string_view line) {
  if (!line.starts_with("[rank")) return line;
  const std::size_t end = line.find("]: ");
  return end == std::string_view::npos ? line : line.substr(end + 3);
}

/// The lines that LibTorch puts below each CUDA error's own (c10/cuda/CUDAException.cpp of 2.11),
/// and below HIP's.
bool is_cuda_advice(std::string_view line) {
  constexpr std::array<std::string_view, 8> kBegins = {"Search for `",
                                                       "CUDA kernel errors might be",
                                                       "For debugging consider passing CUDA_",
                                                       "Compile with `TORCH_USE_CUDA_DSA`",
                                                       "Device-side assertion",
                                                       "HIP kernel errors might be",
                                                       "For debugging consider passing AMD_",
                                                       "Compile with `TORCH_USE_HIP_DSA`"};
  return line.empty() || std::ranges::any_of(kBegins, [&](std::string_view begin) {
           return line.starts_with(begin);
         });
}

/// "ValueError", "torch.cuda.OutOfMemoryError".
bool is_dotted_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
  });
}

}  // namespace

bool is_own_failure(const RankOutcome& outcome) {
  return preference(outcome) == kOwnFailure;
}

bool has_lost_peer(const RankOutcome& outcome) {
  return says_peer_is_lost(outcome.record ? outcome.record->message
                                          : words_of_end(outcome.stderr_tail));
}

std::optional<std::size_t> find_root_cause(const std::vector<RankOutcome>& outcomes) {
  const auto order = [&](std::size_t index) {
    return std::tuple(preference(outcomes[index]), failed_ns(outcomes[index]), index);
  };
  std::optional<std::size_t> first;
  for (std::size_t index = 0; index < outcomes.size(); ++index) {
    if (preference(outcomes[index]) == kNoFailure) continue;
    if (!first || order(index) < order(*first)) first = index;
  }
  return first;
}

int process_exit_code(const RankOutcome& outcome) {
  return outcome.signal != 0 ? 128 + outcome.signal : outcome.exit_code;
}

int exit_code_of(const RankOutcome& outcome) {
  if (!outcome.stall.empty()) return to_int(ExitCode::kStall);
  if (outcome.record && has_obeyed(outcome) && outcome.record->exit_code != 0) {
    return outcome.record->exit_code;
  }
  if (!outcome.record && outcome.was_failing && has_obeyed(outcome)) return kUncaught;
  return process_exit_code(outcome);
}

bool ends_in_traceback(std::string_view stderr_tail) {
  const std::size_t start = stderr_tail.rfind("Traceback (most recent call last):");
  if (start == std::string_view::npos) return false;
  std::string_view text = stderr_tail.substr(start);
  while (true) {
    while (text.ends_with('\n')) text.remove_suffix(1);
    const std::size_t line_end = text.rfind('\n');
    if (line_end == std::string_view::npos) return false;
    const std::string_view last = without_rank(text.substr(line_end + 1));
    if (!is_cuda_advice(last)) return is_dotted_name(last.substr(0, last.find(": ")));
    text = text.substr(0, line_end);
  }
}

}  // namespace dplaunch
