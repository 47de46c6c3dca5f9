#include "launcher/model/measured_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/files/read_file.h"
#include "base/text/parse_number.h"
#include "base/text/printable.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

constexpr char kProcesses[] = "processes";
constexpr char kImagesPerSecond[] = "images_per_second";
constexpr char kSeries[] = "series";
constexpr char kLayout[] =
    "a line of names, processes and images_per_second among them, then a line a measurement";

std::string trimmed(std::string_view text) {
  constexpr char kAround[] = " \t\r\"";
  const std::size_t first = text.find_first_not_of(kAround);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kAround) - first + 1));
}

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  for (const std::string& field : split(line, ',')) fields.push_back(trimmed(field));
  return fields;
}

/// The table's lines with their numbers in the file, the names first.
class Table {
 public:
  struct Line {
    std::size_t number;
    std::vector<std::string> fields;
  };

  explicit Table(const fs::path& file) : file_(file) {
    constexpr std::size_t kMaxBytes = 16 << 20;
    std::size_t number = 0;
    for (const std::string& line :
         split(read_named_by_user(file, kMaxBytes, ExitCode::kUsage), '\n')) {
      ++number;
      if (line.starts_with('#') || trimmed(line).empty()) continue;
      add(number, fields_of(line));
    }
    if (lines_.empty()) refuse("has no measurements");
  }

  const std::vector<Line>& lines() const { return lines_; }

  /// The place of a column.
  std::optional<std::size_t> find(const char* name) const {
    const auto found = std::ranges::find(names_, name);
    if (found == names_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names_.begin());
  }

  std::size_t column(const char* name) const {
    if (const auto place = find(name)) return *place;
    refuse(fmt::format("has no column \"{}\"", name));
  }

  double figure(const Line& line, std::size_t column, double most) const {
    const std::optional<double> number = parse_number<double>(line.fields[column]);
    if (number && *number > 0 && *number <= most) return *number;
    refuse(fmt::format("line {}: \"{}\" is not a number above 0 and up to {}", line.number,
                       printable(line.fields[column]), most));
  }

  [[noreturn]] void refuse(const std::string& what, const std::string& hint = kLayout) const {
    throw Error(ExitCode::kUsage, fmt::format("{}: {}", file_.string(), what), hint);
  }

 private:
  void add(std::size_t number, std::vector<std::string> fields) {
    if (names_.empty()) {
      names_ = std::move(fields);
      return;
    }
    if (fields.size() != names_.size()) {
      refuse(fmt::format("line {}: has {} fields, and the names are {}", number, fields.size(),
                         names_.size()));
    }
    lines_.push_back({number, std::move(fields)});
  }

  fs::path file_;
  std::vector<std::string> names_;
  std::vector<Line> lines_;
};

/// Only those of the series that is meant.
std::vector<Table::Line> chosen_lines(const Table& table, const std::string& series) {
  const std::optional<std::size_t> column = table.find(kSeries);
  if (!column) {
    if (!series.empty()) table.refuse("has no column \"series\"", "leave --series out");
    return table.lines();
  }
  std::vector<std::string> all;
  std::vector<Table::Line> lines;
  for (const Table::Line& line : table.lines()) {
    const std::string& own = line.fields[*column];
    if (std::ranges::find(all, own) == all.end()) all.push_back(own);
    if (series.empty() || own == series) lines.push_back(line);
  }
  if (lines.empty() || (series.empty() && all.size() > 1)) {
    table.refuse(series.empty() ? "has several series"
                                : fmt::format("has no series \"{}\"", printable(series)),
                 printable("--series with one of: \"" + joined(all, "\", \"") + "\""));
  }
  return lines;
}

}  // namespace

Profile read_measured(const fs::path& file, const std::string& series, ScalingMode mode) {
  constexpr double kMostProcesses = 1 << 20;
  constexpr double kMostImages = 1e15;
  const Table table(file);
  const std::size_t processes_column = table.column(kProcesses);
  const std::size_t images_column = table.column(kImagesPerSecond);
  std::map<int, std::vector<double>> steps_of;
  for (const Table::Line& line : chosen_lines(table, series)) {
    const double processes = table.figure(line, processes_column, kMostProcesses);
    if (processes != std::floor(processes)) {
      table.refuse(
          fmt::format("line {}: {} processes are no whole number", line.number, processes));
    }
    const double images_per_second = table.figure(line, images_column, kMostImages);
    const double images_per_step = mode == ScalingMode::kStrong ? 1 : processes;
    steps_of[static_cast<int>(processes)].push_back(images_per_step / images_per_second);
  }
  if (!steps_of.contains(1)) {
    table.refuse("has no measurement of 1 process", "lost time is what is lost against it");
  }
  Profile profile;
  profile.source = file.filename().string() + (series.empty() ? "" : ": " + series);
  profile.mode = mode;
  profile.images_per_step = {1, Origin::kMeasured};
  for (auto& [processes, steps] : steps_of) profile.measured.push_back({processes, steps});
  return profile;
}

}  // namespace dplaunch
