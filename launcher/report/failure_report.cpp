#include "launcher/report/failure_report.h"

#include <signal.h>
#include <string.h>

#include <algorithm>
#include <cstdint>
#include <sstream>

#include "base/process/signal_name.h"
#include "base/text/printable.h"
#include "base/text/terminal_text.h"
#include "base/text/words.h"
#include "launcher/report/root_cause.h"
#include "launcher/report/stalled_rank.h"

namespace dplaunch {
namespace {

constexpr std::size_t kMessageLines = 3;
constexpr std::size_t kTracebackLines = 6;
constexpr std::size_t kHintLines = 2;
constexpr std::size_t kStderrLines = 8;
constexpr int kLineColumns = 240;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    // A worker's words may hold anything; on the user's terminal they are only words.
    line = cut_to(printable(line, Unprintable::kLeftOut), kLineColumns);
    if (line.find_first_not_of(' ') != std::string::npos) lines.push_back(line);
  }
  return lines;
}

void add_first(std::vector<std::string>& report, const std::string& label, const std::string& text,
               std::size_t most) {
  std::vector<std::string> lines = lines_of(text);
  if (lines.size() > most) lines.resize(most);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    report.push_back((i == 0 ? label : std::string(label.size(), ' ')) + lines[i]);
  }
}

void add_stderr(std::vector<std::string>& report, const std::string& tail) {
  const std::vector<std::string> lines = lines_of(tail);
  if (lines.empty()) return;
  report.push_back("  its last words on standard error:");
  const std::size_t first = lines.size() - std::min(lines.size(), kStderrLines);
  for (std::size_t i = first; i < lines.size(); ++i)
    report.push_back(std::string("  | ").append(lines[i]));
}

/// The end of a traceback that another program recorded, unless the message has it already.
void add_traceback(std::vector<std::string>& report, const ErrorRecord& record) {
  std::vector<std::string> lines = lines_of(record.traceback);
  if (lines.empty()) return;
  const std::size_t first = lines.size() - std::min(lines.size(), kTracebackLines);
  for (std::size_t i = first; i < lines.size(); ++i) report.push_back("  | " + lines[i]);
}

// Who else failed, in one line; the exit codes alone, their reasons are in their logs.
std::string consequences(const std::vector<RankOutcome>& outcomes, std::size_t root_cause) {
  std::size_t stopped = 0;
  std::string failed;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (i == root_cause) continue;
    if (outcomes[i].is_stopped_by_launcher) {
      ++stopped;
    } else if (outcomes[i].exit_code != 0 || outcomes[i].signal != 0) {
      failed += failed.empty() ? "" : ", ";
      failed += "rank " + std::to_string(outcomes[i].rank) + " " + describe_end(outcomes[i]);
    }
  }
  std::string text;
  if (!failed.empty()) text = "failed after it: " + failed;
  if (stopped > 0) {
    if (!text.empty()) text += "; ";
    text += counted(static_cast<std::int64_t>(stopped), "rank") + " stopped";
  }
  return text;
}

}  // namespace

std::string describe_end(const RankOutcome& outcome) {
  if (outcome.signal == 0) return "exit code " + std::to_string(outcome.exit_code);
  return "killed by " + signal_name(outcome.signal);
}

std::string failure_report(const std::vector<RankOutcome>& outcomes, std::size_t root_cause,
                           const FailureContext& context) {
  const RankOutcome& root = outcomes[root_cause];
  std::vector<std::string> report;
  const bool is_stalled = !root.stall.empty();
  report.push_back("dplaunch: error: rank " + std::to_string(root.rank) + " (" + root.device +
                   ", pid " + std::to_string(root.pid) + ") " +
                   (is_stalled ? "stood still " + root.stall : "failed: " + describe_end(root)) +
                   (root.status && !is_stalled ? " " + describe_place(*root.status) : ""));
  const bool has_message = root.record && !root.record->message.empty();
  if (has_message) {
    add_first(report, "  ", root.record->message, kMessageLines);
    add_traceback(report, *root.record);
  } else {
    add_stderr(report, root.stderr_tail);
  }
  const std::vector<std::string> causes = likely_cause(root, context);
  for (const std::string& cause : causes) add_first(report, "  likely: ", cause, 1);
  if (has_message && causes.empty()) add_first(report, "  hint: ", root.record->hint, kHintLines);
  add_first(report, "  ", consequences(outcomes, root_cause), 1);
  if (!root.log.empty()) report.push_back("  log: " + root.log);
  std::string text;
  for (const std::string& line : report) text += line + "\n";
  return text;
}

}  // namespace dplaunch
