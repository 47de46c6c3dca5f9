#include "common/step_times_file.h"

#include <fmt/core.h>

#include <cerrno>
#include <fstream>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/text/parse_number.h"
#include "base/text/words.h"
#include "common/csv_rows.h"

namespace dplaunch {
namespace {

constexpr std::size_t kMaxStepTimesBytes = 512 << 20;  // some five million steps

std::string step_header() {
  return "step,seconds," + joined({kStepPartNames.begin(), kStepPartNames.end()}, ",");
}

std::string row_of(const StepTimes& step) {
  std::string row = fmt::format("{},{:.9f}", step.step, step.seconds);
  for (const double part : step.parts) row += fmt::format(",{:.9f}", part);
  return row + "\n";
}

std::optional<StepTimes> parse_step(const std::string& row) {
  const std::vector<std::string> fields = split(row, ',');
  if (fields.size() != 2 + kStepParts) return std::nullopt;
  const auto number = parse_number<std::int64_t>(fields[0]);
  const auto seconds = parse_number<double>(fields[1]);
  if (!number || !seconds) return std::nullopt;
  StepTimes step{*number, *seconds, {}};
  for (std::size_t i = 0; i < kStepParts; ++i) {
    const auto part = parse_number<double>(fields[i + 2]);
    if (!part) return std::nullopt;
    step.parts[i] = *part;
  }
  return step;
}

}  // namespace

double own_seconds(const PartSeconds& parts) {
  return std::accumulate(parts.begin(), parts.end(), 0.0) - part_of(parts, StepPart::kAllReduce);
}

StepTimesFile::StepTimesFile(std::filesystem::path path, std::int64_t steps_done)
    : path_(std::move(path)) {
  std::string kept = step_header() + "\n";
  for (const StepTimes& step : read_step_times(path_)) {
    if (step.step <= steps_done) kept += row_of(step);
  }
  write_file_atomically(path_, kept);
}

void StepTimesFile::append(std::span<const StepTimes> steps) {
  std::string rows;
  for (const StepTimes& step : steps) rows += row_of(step);
  std::ofstream file(path_, std::ios::app);
  file << rows << std::flush;
  if (!file) {
    throw system_error(ExitCode::kStorage, path_.string() + ": cannot append", errno,
                       "free some space; --resume goes on from the last checkpoint");
  }
}

std::vector<StepTimes> read_step_times(const std::filesystem::path& path) {
  std::vector<StepTimes> steps;
  for_each_row({path, kMaxStepTimesBytes, step_header(), "step's times"},
               [&](const std::string& row) {
                 const std::optional<StepTimes> step = parse_step(row);
                 if (step) steps.push_back(*step);
                 return step.has_value();
               });
  return steps;
}

}  // namespace dplaunch
