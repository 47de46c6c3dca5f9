#include "launcher/commands/top/top_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/files/json_fields.h"
#include "base/process/host_name.h"
#include "base/text/printable.h"
#include "base/text/terminal_text.h"
#include "base/text/text_table.h"
#include "base/text/words.h"
#include "launcher/runs/host_folder.h"
#include "launcher/view/progress.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

constexpr char kRed[] = "31";
constexpr char kReversed[] = "7";

std::string drawn_as(const std::string& text, const char* how, TextStyle style) {
  if (!style.colour || text.empty()) return text;
  return fmt::format("\x1b[{}m{}\x1b[0m", how, text);
}

std::string name_words(const RunRow& row) {
  constexpr int kMaxColumns = 32;
  return shortened(printable(name_of_run(row.folder)), kMaxColumns);
}

std::string cpu_words(const RunRow& row) {
  return row.is_running && row.cpu_percent ? fmt::format("{:.0f}%", *row.cpu_percent) : "";
}

std::string memory_words(const RunRow& row) {
  return row.memory_bytes > 0 ? bytes_text(row.memory_bytes) : "";
}

std::string gpu_words(const RunRow& row) {
  if (!row.gpu) return {};
  const std::string memory = gib_text(row.gpu->memory_used_bytes) + " GiB";
  if (row.gpu->utilization_percent < 0) return memory;
  return fmt::format("{}% {}", row.gpu->utilization_percent, memory);
}

std::string eta_words(const RunRow& row) {
  return row.seconds_left ? duration(*row.seconds_left) : "";
}

std::string sums(const std::vector<RunRow>& rows) {
  std::int64_t running = 0;
  std::int64_t ranks = 0;
  std::int64_t memory_bytes = 0;
  double cpu_percent = 0;
  for (const RunRow& row : rows) {
    if (!row.is_running) continue;
    ++running;
    ranks += static_cast<std::int64_t>(row.ranks);
    memory_bytes += row.memory_bytes;
    cpu_percent += row.cpu_percent.value_or(0);
  }
  std::string text = fmt::format("{} of yours on {}", counted(running, "run"), host_name());
  if (running == 0) return text;
  return text + fmt::format(": {}, {:.0f}% CPU, {}", counted(ranks, "rank"), cpu_percent,
                            bytes_text(memory_bytes));
}

/// A column that no row has anything for goes with its heading.
std::string heading(const char* text, const std::vector<RunRow>& rows,
                    std::string (*words)(const RunRow&)) {
  const bool is_used =
      std::ranges::any_of(rows, [words](const RunRow& row) { return !words(row).empty(); });
  return is_used ? text : "";
}

std::string progress_words(const RunRow& row) {
  return row.progress;
}

TextTable table_of(const std::vector<RunRow>& rows, TextStyle style) {
  TextTable table({{"RUN"},
                   {"STATE"},
                   {"RANKS", Align::kRight, 3},
                   {"CPU", Align::kRight, 6},
                   {"MEMORY", Align::kRight, 4},
                   {heading("GPU", rows, gpu_words), Align::kRight, 5},
                   {heading("PROGRESS", rows, progress_words), Align::kLeft, 8},
                   {heading("ETA", rows, eta_words), Align::kRight, 7},
                   {"NEWEST", Align::kLeft, {}, 0, true}});
  for (const RunRow& row : rows) {
    const std::string newest =
        row.trouble.empty() ? row.newest : drawn_as(row.trouble, kRed, style);
    table.add({name_words(row), row.state, std::to_string(row.ranks), cpu_words(row),
               memory_words(row), gpu_words(row), progress_words(row), eta_words(row), newest});
  }
  return table;
}

/// Of so many rows the first that is shown, where there is room for some.
std::size_t first_shown(std::size_t rows, std::size_t room, int chosen) {
  if (rows <= room || chosen < 0) return 0;
  const auto index = static_cast<std::size_t>(chosen);
  return index < room ? 0 : index - room + 1;
}

Json number_or_null(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? Json(*value) : Json();
}

Json row_json(const RunRow& row) {
  Json json = {{"run", row.folder.root().string()},
               {"state", row.state},
               {"started_unix", row.started},
               {"ranks", row.ranks},
               {"cpu_percent", number_or_null(row.cpu_percent)},
               {"memory_bytes", row.memory_bytes},
               {"gpu_percent", nullptr},
               {"gpu_memory_bytes", nullptr},
               {"progress", row.progress.empty() ? Json() : Json(row.progress)},
               {"seconds_left", number_or_null(row.seconds_left)},
               {"trouble", row.trouble.empty() ? Json() : Json(row.trouble)},
               {"newest", row.newest}};
  if (!row.gpu) return json;
  json["gpu_memory_bytes"] = row.gpu->memory_used_bytes;
  if (row.gpu->utilization_percent >= 0) json["gpu_percent"] = row.gpu->utilization_percent;
  return json;
}

}  // namespace

std::string folder_words(const RunFolder& folder) {
  std::error_code error;
  const fs::path here = fs::current_path(error);
  const fs::path relative = folder.root().lexically_relative(here);
  const bool is_below = !error && !relative.empty() && *relative.begin() != "..";
  return printable((is_below ? relative : folder.root()).string());
}

std::vector<std::string> top_lines(const std::vector<RunRow>& rows, const TopLook& look) {
  std::vector<std::string> lines = {cut_to(sums(rows), look.size.columns)};
  if (rows.empty()) return lines;
  // The keys' row has a mark in front, for terminals without colours.
  constexpr int kMarkColumns = 2;
  const int columns = look.size.columns - (look.chosen >= 0 ? kMarkColumns : 0);
  std::vector<std::string> table = table_of(rows, look.style).lines(columns);
  const auto room = static_cast<std::size_t>(std::max(1, look.size.rows - 2));
  const std::size_t first = first_shown(rows.size(), room, look.chosen);
  const auto add = [&](std::size_t index, bool is_chosen) {
    const std::string line = cut_to(table[index], columns);
    if (look.chosen < 0) {
      lines.push_back(line);
    } else {
      lines.push_back(is_chosen ? "> " + drawn_as(line, kReversed, look.style) : "  " + line);
    }
  };
  add(0, false);
  for (std::size_t i = first; i < std::min(rows.size(), first + room); ++i) {
    add(i + 1, static_cast<int>(i) == look.chosen);
  }
  return lines;
}

std::string top_json(const std::vector<RunRow>& rows) {
  Json runs = Json::array();
  for (const RunRow& row : rows) runs.push_back(row_json(row));
  const Json json = {{"host", host_name()}, {"runs", runs}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace dplaunch
