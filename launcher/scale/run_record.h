#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/files/json_fields.h"
#include "launcher/scale/accuracy.h"
#include "launcher/scale/interference.h"
#include "launcher/scale/run_figures.h"

namespace dplaunch {

// runs.jsonl of a scale-out experiment: one line for each run that has ended, written when it ends.

/// One point's run in one block.
struct RunRecord {
  int block = 0;  ///< counted from 1
  std::string point;
  std::string run;  ///< its folder, below the experiment's
  std::int64_t started_unix = 0;
  double wall_seconds = 0;  ///< of the whole job, with its start
  double cpu_seconds = 0;   ///< of all its processes and threads
  int exit_code = 0;
  std::string problem;  ///< why there are no figures; empty: there are
  /// Work in a second: the trainer's images, or what --metric says of a command; of a command
  /// without it, jobs.
  double rate = 0;
  std::optional<RunFigures> figures;    ///< of the trainer
  std::optional<AccuracyRun> accuracy;  ///< of a training up to an accuracy
  std::vector<double> metric;           ///< of a command: all values of --metric, in their order
  Interference interference;

  bool is_measured() const { return problem.empty(); }
};

Json to_json(const RunRecord& record);
/// Throws Error(kStorage), naming `where`, for what is no record.
RunRecord record_from(const Json& json, const std::string& where);

/// Replaces the file, whose last line may have been cut short: nothing is to be appended to that.
void write_records(const std::filesystem::path& file, const std::vector<RunRecord>& records);
/// Appends, so that a crash loses this line at most. Throws Error(kStorage).
void append_record(const std::filesystem::path& file, const RunRecord& record);
/// All whole records; a last line that was cut short is none. Throws Error(kStorage).
std::vector<RunRecord> read_records(const std::filesystem::path& file);

}  // namespace dplaunch
