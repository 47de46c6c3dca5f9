#include "launcher/commands/report/run_ends.h"

#include <fmt/core.h>

#include <functional>

#include "base/process/signal_name.h"
#include "base/text/words.h"
#include "launcher/view/state_words.h"

namespace dplaunch {
namespace {

/// Of several runs, which one is meant.
std::string about(const ReportedRun& reported) {
  return reported.letter.empty() ? "" : reported.label + ": ";
}

/// A notice for all runs of which `holds`.
void add_common_notice(Page& page, NoticeTone tone, const ReportedRuns& runs,
                       const std::function<bool(const WholeRun&)>& holds, const char* text) {
  std::vector<std::string> letters;
  for (const ReportedRun& reported : runs) {
    if (holds(reported.run)) letters.push_back(reported.letter);
  }
  if (letters.empty()) return;
  page.add_notice(tone, runs.size() == 1 ? text : joined(letters) + ": " + text);
}

bool is_synthetic(const WholeRun& run) {
  return run.training && run.training->is_synthetic;
}

bool went_without_failure(const WholeRun& run) {
  return run.state && run.state->end && run.state->end->result == "success" &&
         run.state->end->restarts == 0 && run.state->start.attempt == 1;
}

void add_rank_ends(Page& page, const std::vector<RankEnd>& ranks) {
  PageTable table{{"rank", "exit code", "signal"}, {}, {true, true, false}, "How each rank ended"};
  for (const RankEnd& rank : ranks) {
    table.rows.push_back({std::to_string(rank.rank), std::to_string(rank.exit_code),
                          rank.signal == 0 ? "-" : signal_name(rank.signal)});
  }
  page.add_table(table);
}

void add_error(Page& page, const ReportedRun& reported, int rank, const ErrorRecord& error) {
  page.add_text(fmt::format("{}what rank {} wrote of its failure{}:", about(reported), rank,
                            error.is_consequence ? " (the consequence of another's)" : ""));
  std::string lines = error.message;
  if (!error.traceback.empty()) lines += "\n" + error.traceback;
  if (!error.hint.empty()) lines += "\nhint: " + error.hint;
  page.add_lines(lines);
}

void add_history(Page& page, const ReportedRun& reported) {
  const RunState& state = *reported.run.state;
  const int restarts = state.end ? state.end->restarts : 0;
  if (state.start.attempt > 1) {
    page.add_notice(NoticeTone::kNote,
                    fmt::format("{}this is attempt {}: it had been started {} before, and resumed",
                                about(reported), state.start.attempt,
                                counted(state.start.attempt - 1, "time")));
  }
  if (restarts > 0) {
    page.add_notice(NoticeTone::kWarning,
                    fmt::format("{}the latest start was restarted after a failure: {}",
                                about(reported), counted(restarts, "restart")));
  }
}

void add_root_cause(Page& page, const ReportedRun& reported, const RootCauseRecord& cause) {
  page.add_notice(NoticeTone::kProblem,
                  fmt::format("{}{} ({})", about(reported), cause_words(cause), cause.end));
  if (cause.message.find('\n') != std::string::npos) page.add_lines(cause.message);
  if (!cause.hint.empty()) page.add_notice(NoticeTone::kNote, "hint: " + cause.hint);
  if (!cause.log.empty()) page.add_text("log: " + cause.log);
}

void add_warnings_of(Page& page, const ReportedRun& reported) {
  const WholeRun& run = reported.run;
  if (run.state && run.state->kind == RunState::Kind::kRunning) {
    page.add_notice(
        NoticeTone::kNote,
        about(reported) + "it still runs: this is how far it was when the page was made");
  }
  if (run.state && run.state->end && run.state->end->root_cause) {
    page.add_notice(NoticeTone::kProblem,
                    about(reported) + cause_words(*run.state->end->root_cause));
  }
  for (const std::string& problem : run.problems) {
    page.add_notice(NoticeTone::kProblem, about(reported) + problem);
  }
  if (run.training) {
    for (const std::string& sentence : run.training->held_back_by) {
      page.add_notice(NoticeTone::kNote, about(reported) + "held back by " + sentence);
    }
  }
}

}  // namespace

void add_warnings(Page& page, const ReportedRuns& runs) {
  add_common_notice(page, NoticeTone::kWarning, runs, is_synthetic,
                    "SYNTHETIC data: its accuracies mean nothing");
  for (const ReportedRun& reported : runs) add_warnings_of(page, reported);
}

void add_ends(Page& page, const ReportedRuns& runs) {
  page.add_section("Failures and restarts");
  add_common_notice(page, NoticeTone::kGood, runs, went_without_failure,
                    "one start, no failure, no restart");
  for (const ReportedRun& reported : runs) {
    const WholeRun& run = reported.run;
    if (!run.state) {
      page.add_text(about(reported) + "how it went cannot be read");
      continue;
    }
    add_history(page, reported);
    if (run.state->end) {
      const EndRecord& end = *run.state->end;
      if (!end.launcher_error.empty()) {
        page.add_notice(NoticeTone::kProblem, about(reported) + end.launcher_error);
      }
      if (end.root_cause) add_root_cause(page, reported, *end.root_cause);
      if (end.result != "success" && !end.ranks.empty()) add_rank_ends(page, end.ranks);
    } else {
      page.add_notice(NoticeTone::kNote, about(reported) + state_words(*run.state));
    }
    for (const auto& [rank, error] : run.errors) add_error(page, reported, rank, error);
    if (!run.stacks.empty()) {
      page.add_text(about(reported) + "where its ranks were when they were last looked at:");
      page.add_lines(run.stacks);
    }
  }
}

}  // namespace dplaunch
