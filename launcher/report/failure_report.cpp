#include "launcher/report/failure_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <sstream>

#include "base/process/signal_name.h"
#include "base/text/printable.h"
#include "base/text/terminal_text.h"
#include "base/text/words.h"
#include "launcher/report/known_cause.h"
#include "launcher/report/last_exception.h"
#include "launcher/report/root_cause.h"
#include "launcher/report/stalled_rank.h"

namespace dplaunch {
namespace {

constexpr std::size_t kMessageLines = 3;
constexpr std::size_t kTracebackLines = 6;
constexpr std::size_t kHintLines = 2;
constexpr std::size_t kStderrLines = 8;
constexpr std::size_t kAfterLines = 4;
constexpr int kLineColumns = 240;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    // What a worker wrote may hold escape sequences; they must not reach the user's terminal.
    line = cut_to(printable(line, Unprintable::kLeftOut), kLineColumns);
    if (line.find_first_not_of(' ') != std::string::npos) lines.push_back(line);
  }
  return lines;
}

void add_first(std::vector<std::string>& report, const std::string& label, const std::string& text,
               std::size_t max_lines) {
  std::vector<std::string> lines = lines_of(text);
  if (lines.size() > max_lines) lines.resize(max_lines);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    // Further lines stand below the first, behind the label.
    report.push_back((i == 0 ? label : std::string(label.size(), ' ')) + lines[i]);
  }
}

/// Where an exception came from, in one line.
void add_place(std::vector<std::string>& report, const std::string& place) {
  if (!place.empty()) add_first(report, "  in ", place, 1);
}

/// The end of a longer text, where Python puts what matters, as a quotation.
void add_last(std::vector<std::string>& report, const std::string& text, std::size_t max_lines) {
  const std::vector<std::string> lines = lines_of(text);
  const std::size_t first = lines.size() - std::min(lines.size(), max_lines);
  for (std::size_t i = first; i < lines.size(); ++i) report.push_back("  | " + lines[i]);
}

/// What the rank itself said of its failure. Its standard error was shown when it came: what stands
/// there, a traceback above all, is not shown once more.
void add_own_words(std::vector<std::string>& report, const RankOutcome& rank) {
  if (rank.record && !rank.record->message.empty()) {
    const std::string& traceback = rank.record->traceback;
    add_first(report, "  ", rank.record->message, kMessageLines);
    const auto raised = last_exception(traceback);
    const auto shown = last_exception(rank.stderr_tail);
    if (raised && shown && raised->text == shown->text) {
      add_place(report, raised->place);
    } else {
      add_last(report, traceback, kTracebackLines);
    }
    return;
  }
  const auto exception = last_exception(rank.stderr_tail);
  if (exception) {
    add_first(report, "  ", exception->text, kMessageLines);
    add_place(report, exception->place);
  }
  const std::string rest = exception ? joined(exception->after, "\n") : rank.stderr_tail;
  if (lines_of(rest).empty()) return;
  report.emplace_back("  its last words on standard error:");
  add_last(report, rest, exception ? kAfterLines : kStderrLines);
}

// Who else failed, in one line; the exit codes alone, their reasons are in their logs.
std::string consequences(const std::vector<RankOutcome>& outcomes, std::size_t root_cause) {
  std::int64_t stopped = 0;
  std::vector<std::string> failed;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (i == root_cause) continue;
    if (outcomes[i].is_stopped_by_launcher) {
      ++stopped;
    } else if (outcomes[i].exit_code != 0 || outcomes[i].signal != 0) {
      failed.push_back(fmt::format("rank {} {}", outcomes[i].rank, describe_end(outcomes[i])));
    }
  }
  std::vector<std::string> parts;
  if (!failed.empty()) parts.push_back("failed after it: " + joined(failed));
  if (stopped > 0) parts.push_back(counted(stopped, "rank") + " stopped");
  return joined(parts, "; ");
}

}  // namespace

std::string describe_end(const RankOutcome& outcome) {
  if (outcome.signal == 0) return fmt::format("exit code {}", outcome.exit_code);
  return "killed by " + signal_name(outcome.signal);
}

std::string failure_report(const std::vector<RankOutcome>& outcomes, std::size_t root_cause,
                           const FailureContext& context) {
  const RankOutcome& root = outcomes[root_cause];
  std::vector<std::string> report;
  const bool is_stalled = !root.stall.empty();
  std::string what = is_stalled ? "hung " + root.stall : "failed: " + describe_end(root);
  if (root.status && !is_stalled) what += " " + describe_place(*root.status);
  const std::string where = root.host.empty() ? "" : " on " + printable(root.host);
  report.push_back(fmt::format("dplaunch: error: rank {}{} ({}, pid {}) {}", root.rank, where,
                               root.device, root.pid, what));
  add_own_words(report, root);
  // A hint that the program gave itself is worth less than a cause that its end shows.
  std::vector<std::string> causes = likely_cause(root, context);
  if (const std::string known = known_cause(outcomes, root, context); !known.empty()) {
    causes = {known};
  }
  for (const std::string& cause : causes) add_first(report, "  likely: ", cause, 1);
  if (root.record && causes.empty()) add_first(report, "  hint: ", root.record->hint, kHintLines);
  add_first(report, "  ", consequences(outcomes, root_cause), 1);
  if (!root.core.empty()) report.push_back("  core: " + printable(root.core));
  if (!root.log.empty()) report.push_back("  log: " + printable(root.log));
  return joined(report, "\n") + "\n";
}

std::string failure_report(const Error& lost_host) {
  std::vector<std::string> report = {"dplaunch: error: " + printable(lost_host.what())};
  add_first(report, "  hint: ", lost_host.hint(), kHintLines);
  return joined(report, "\n") + "\n";
}

}  // namespace dplaunch
