#include "launcher/view/live_view.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/text/printable.h"
#include "base/text/terminal_text.h"
#include "base/text/text_table.h"
#include "base/text/words.h"
#include "launcher/view/progress.h"

namespace dplaunch {
namespace {

constexpr char kRed[] = "31";
constexpr char kGreen[] = "32";
constexpr char kFaint[] = "2";

std::string coloured(const std::string& text, const char* colour, TextStyle style) {
  if (!style.colour || text.empty()) return text;
  return fmt::format("\x1b[{}m{}\x1b[0m", colour, text);
}

std::string repeated(const char* text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

std::string of_total(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? fmt::format("{}/{}", part, whole) : std::to_string(part);
}

// --- one rank's cells ---------------------------------------------------------------------------

bool has_begun(const RankView& rank) {
  return rank.status && rank.status->phase >= Phase::kTraining;
}

std::string epoch_cell(const RankView& rank) {
  if (!has_begun(rank)) return {};
  const RankStatus& status = *rank.status;
  const std::int64_t epoch =
      status.epochs > 0 ? std::min(status.epoch + 1, status.epochs) : status.epoch + 1;
  return "epoch " + of_total(epoch, status.epochs);
}

std::string step_cell(const RankView& rank) {
  if (!has_begun(rank)) return {};
  return "step " + of_total(rank.status->step, rank.status->steps_per_epoch);
}

std::string speed_cell(const RankView& rank) {
  if (!has_begun(rank)) return {};
  const double speed = rank.status->images_per_second;
  if (!(speed > 0)) return "-- images/s";
  return fmt::format("{:.{}f} images/s", speed, speed < 10 ? 1 : 0);
}

std::string loss_cell(const RankView& rank, TextStyle style) {
  if (!has_begun(rank)) return {};
  const double loss = rank.status->loss;
  if (!std::isfinite(loss)) return coloured(fmt::format("loss {}", loss), kRed, style);
  return loss == 0 ? "loss --" : fmt::format("loss {:.4f}", loss);  // 0: none was read back yet
}

std::string memory_cell(const RankView& rank) {
  if (!rank.gpu || rank.gpu->memory_total_bytes <= 0) return {};
  return fmt::format("{}/{} GiB", gib_text(rank.gpu->memory_used_bytes),
                     gib_text(rank.gpu->memory_total_bytes));
}

std::string utilization_cell(const RankView& rank, TextStyle style) {
  if (!rank.gpu) return {};
  if (!rank.gpu->error.empty()) {
    return coloured("GPU: " + printable(rank.gpu->error, Unprintable::kLeftOut), kRed, style);
  }
  if (rank.gpu->utilization_percent < 0) return {};
  return fmt::format("GPU {}%", rank.gpu->utilization_percent);
}

std::string activity_text(const RankStatus& status) {
  if (status.phase != Phase::kTraining || status.activity == Activity::kNone) {
    return phase_name(status.phase);
  }
  if (status.activity == Activity::kBackward) return "backward";  // its full name is long
  return activity_name(status.activity);
}

std::string activity_cell(const RankView& rank, const RunView& run, TextStyle style) {
  if (!rank.lost.empty()) return coloured("lost since " + rank.lost, kRed, style);
  if (const auto untold = untold_seconds(rank, run)) {
    return coloured(fmt::format("no word for {} s", *untold), kRed, style);
  }
  if (!rank.status) {
    if (!has_status(run)) return {};  // a command that knows nothing of the status board
    return coloured(run.is_live ? "no status yet" : "no status", kFaint, style);
  }
  if (const auto silence = silent_seconds(rank, run)) {
    return coloured(fmt::format("silent for {} s", *silence), kRed, style);
  }
  return activity_text(*rank.status);
}

constexpr int kActivityWidth = 16;  // "waiting for data", "silent for 123 s"

std::vector<std::string> table_of(const RunView& run, const std::vector<RankView>& ranks,
                                  TextStyle style, int columns) {
  TextTable table({{.importance = 9},                          // rank
                   {.importance = 1},                          // epoch
                   {.importance = 7},                          // step
                   {.align = Align::kRight, .importance = 6},  // speed
                   {.importance = 3},                          // loss
                   {.align = Align::kRight, .importance = 2},  // memory
                   {.importance = 4},                          // utilization
                   {.importance = 8, .min_width = kActivityWidth}});
  for (const RankView& rank : ranks) {
    table.add({rank_words(rank), epoch_cell(rank), step_cell(rank), speed_cell(rank),
               loss_cell(rank, style), memory_cell(rank), utilization_cell(rank, style),
               activity_cell(rank, run, style)});
  }
  return table.lines(columns);
}

/// In the order of their ranks, but where not all can be shown, those that need a look first.
std::vector<RankView> chosen_ranks(const RunView& run, std::size_t max_ranks) {
  std::vector<RankView> ranks = shown_ranks(run);
  if (ranks.size() <= max_ranks) return ranks;
  std::stable_partition(ranks.begin(), ranks.end(), [&run](const RankView& rank) {
    return !rank.lost.empty() || silent_seconds(rank, run) || untold_seconds(rank, run);
  });
  ranks.erase(ranks.begin() + static_cast<std::ptrdiff_t>(max_ranks), ranks.end());
  std::sort(ranks.begin(), ranks.end(),
            [](const RankView& a, const RankView& b) { return a.rank < b.rank; });
  return ranks;
}

// --- the bars -----------------------------------------------------------------------------------

constexpr int kMinBarColumns = 8;

std::string bar(double fraction, int columns, TextStyle style) {
  const int done = std::clamp(static_cast<int>(std::floor(fraction * columns)), 0, columns);
  return coloured(repeated(style.utf8 ? "━" : "#", done), kGreen, style) +
         coloured(repeated(style.utf8 ? "─" : "-", columns - done), kFaint, style);
}

struct BarRow {
  std::string label;
  std::optional<double> fraction;
  std::string remark;  ///< how long it will take
};

std::string remaining(const RunView& run, bool is_done, const std::optional<double>& seconds) {
  if (is_done) return "  done";
  if (!run.is_live) return {};
  return "  ETA " + (seconds ? duration(*seconds) : "--");
}

std::string bar_line(const BarRow& row, int label_columns, TextStyle style, int columns) {
  const std::string start =
      row.label + std::string(static_cast<std::size_t>(label_columns - columns_of(row.label)), ' ');
  // Rounded down: 100% is the end and nothing before it.
  const std::string percent =
      row.fraction ? fmt::format("{:3.0f}%", std::floor(*row.fraction * 100)) : "  --";
  // Room is kept for a long time, so that the bar stays as long as it is.
  constexpr int kRemarkColumns = 14;
  const int room = columns - label_columns - 2 - 6 - kRemarkColumns;
  const std::string drawn =
      room >= kMinBarColumns ? "  " + bar(row.fraction.value_or(0), room, style) : std::string();
  return cut_to(fmt::format("{}{}  {}{}", start, drawn, percent, row.remark), columns);
}

std::string rule(TextStyle style, int columns) {
  return coloured(repeated(style.utf8 ? "─" : "-", columns), kFaint, style);
}

bool has_gpu(const RunView& run) {
  return std::any_of(run.ranks.begin(), run.ranks.end(),
                     [](const RankView& rank) { return rank.gpu.has_value(); });
}

}  // namespace

std::vector<std::string> rank_lines(const RunView& run, TextStyle style, int columns,
                                    std::size_t max_ranks) {
  std::vector<std::string> lines = table_of(run, chosen_ranks(run, max_ranks), style, columns);
  if (const std::size_t left_out = shown_ranks(run).size() - lines.size(); left_out > 0) {
    lines.push_back(
        cut_to("+ " + counted(static_cast<std::int64_t>(left_out), "more rank"), columns));
  }
  return lines;
}

std::vector<std::string> progress_lines(const RunView& run, TextStyle style, int columns) {
  const std::optional<Progress> progress = progress_of(run);
  BarRow epoch{"epoch", {}, remaining(run, false, {})};
  BarRow whole{"run", {}, epoch.remark};
  if (progress) {
    const bool is_done = progress->is_finished;
    epoch = {"epoch " + of_total(progress->epoch, progress->epochs), progress->epoch_fraction,
             remaining(run, is_done, progress->epoch_seconds_left)};
    whole = {"run", progress->run_fraction, remaining(run, is_done, progress->run_seconds_left)};
  }
  const int label_columns = columns_of(epoch.label);
  return {bar_line(epoch, label_columns, style, columns),
          bar_line(whole, label_columns, style, columns)};
}

std::vector<std::string> live_view(const RunView& run, TextStyle style, TerminalSize size) {
  constexpr int kMinRows = 3;      // below, there is room for nothing but text
  constexpr int kFixedRows = 3;    // the rule and the bars
  constexpr int kMinRankRows = 2;  // a rank, and how many more
  const bool reports_progress = has_status(run);
  if ((!reports_progress && !has_gpu(run)) || size.rows < kMinRows) return {};
  // The last column stays free: terminals differ in what follows a character there.
  const int columns = std::max(1, size.columns - 1);
  std::vector<std::string> lines;
  if (reports_progress) lines = progress_lines(run, style, columns);
  const int rank_rows = size.rows / 2 - kFixedRows;
  if (rank_rows < kMinRankRows) {
    if (lines.size() > 1) lines.erase(lines.begin());  // the whole run matters most
    return lines;
  }
  const auto room = static_cast<std::size_t>(rank_rows);
  const std::size_t max_ranks = shown_ranks(run).size() <= room ? room : room - 1;
  const std::vector<std::string> ranks = rank_lines(run, style, columns, max_ranks);
  lines.insert(lines.begin(), ranks.begin(), ranks.end());
  lines.insert(lines.begin(), rule(style, columns));
  return lines;
}

}  // namespace dplaunch
