#include "launcher/scale/run_record.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/files/read_file.h"
#include "base/files/unique_fd.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

Json record_json(const RunFigures& figures) {
  Json ranks = Json::array();
  for (const PartSeconds& parts : figures.ranks) {
    Json rank;
    for (std::size_t i = 0; i < kStepParts; ++i) rank[kStepPartNames[i]] = parts[i];
    ranks.push_back(rank);
  }
  return {{"steps", figures.steps},
          {"warmup_steps", figures.warmup_steps},
          {"step_seconds", figures.step_seconds},
          {"own_seconds", figures.own_seconds},
          {"max_own_seconds", figures.max_own_seconds},
          {"compute_seconds", figures.compute_seconds},
          {"evaluation_seconds", figures.evaluation_seconds},
          {"checkpoint_seconds", figures.checkpoint_seconds},
          {"ranks", ranks}};
}

RunFigures figures_from(const Json& json) {
  RunFigures figures;
  figures.steps = static_cast<std::size_t>(integer_in(json, "steps"));
  figures.warmup_steps = static_cast<std::size_t>(integer_in(json, "warmup_steps"));
  figures.step_seconds = number_in(json, "step_seconds");
  figures.own_seconds = number_in(json, "own_seconds");
  figures.max_own_seconds = number_in(json, "max_own_seconds");
  figures.compute_seconds = number_in(json, "compute_seconds");
  figures.evaluation_seconds = number_in(json, "evaluation_seconds");
  figures.checkpoint_seconds = number_in(json, "checkpoint_seconds");
  for (const Json& rank : member_in(json, "ranks")) {
    PartSeconds parts{};
    for (std::size_t i = 0; i < kStepParts; ++i) parts[i] = number_in(rank, kStepPartNames[i]);
    figures.ranks.push_back(parts);
  }
  return figures;
}

Json number_or_null(double value) {
  return value > 0 ? Json(value) : Json();
}

Json record_json(const std::vector<GpuCondition>& conditions) {
  Json gpus = Json::array();
  for (const GpuCondition& condition : conditions) {
    gpus.push_back({{"gpu", condition.gpu},
                    {"celsius", condition.most_celsius < 0 ? Json() : Json(condition.most_celsius)},
                    {"held_down_by", condition.held_down_by}});
  }
  return gpus;
}

std::vector<GpuCondition> conditions_from(const Json& json) {
  std::vector<GpuCondition> conditions;
  for (const Json& gpu : json) {
    GpuCondition condition{string_in(gpu, "gpu"), -1, {}};
    condition.most_celsius = static_cast<int>(number_in(gpu, "celsius", -1));
    for (const Json& reason : member_in(gpu, "held_down_by")) {
      if (reason.is_string()) condition.held_down_by.push_back(reason.get<std::string>());
    }
    conditions.push_back(std::move(condition));
  }
  return conditions;
}

Json record_json(const AccuracyRun& run) {
  return {{"is_reached", run.is_reached},
          {"seconds", run.seconds},
          {"images", run.images},
          {"epochs", run.epochs},
          {"best_top1", run.best_top1}};
}

AccuracyRun accuracy_from(const Json& json) {
  const Json& reached = member_in(json, "is_reached");
  return {.is_reached = reached.is_boolean() && reached.get<bool>(),
          .seconds = number_in(json, "seconds"),
          .images = integer_in(json, "images"),
          .epochs = integer_in(json, "epochs"),
          .best_top1 = number_in(json, "best_top1")};
}

std::string line_of(const RunRecord& record) {
  return to_json(record).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

Json to_json(const RunRecord& record) {
  return {{"block", record.block},
          {"point", record.point},
          {"run", text_or_null(record.run)},
          {"started_unix", record.started_unix},
          {"wall_seconds", record.wall_seconds},
          {"cpu_seconds", record.cpu_seconds},
          {"exit_code", record.exit_code},
          {"problem", text_or_null(record.problem)},
          {"rate", record.rate},
          {"figures", record.figures ? record_json(*record.figures) : Json()},
          {"metric", record.metric},
          {"accuracy", record.accuracy ? record_json(*record.accuracy) : Json()},
          {"other_cores", record.interference.other_cores},
          {"stolen_cores", record.interference.stolen_cores},
          {"throttled_seconds", record.interference.throttled_seconds},
          {"heat_throttles", record.interference.heat_throttles},
          {"clock_mhz", number_or_null(record.interference.clock_mhz)},
          {"gpus", record_json(record.interference.gpus)},
          {"flags", record.interference.flags()}};
}

RunRecord record_from(const Json& json, const std::string& where) {
  RunRecord record;
  record.block = static_cast<int>(integer_in(json, "block"));
  record.point = string_in(json, "point");
  if (record.block < 1 || record.point.empty()) {
    throw Error(ExitCode::kStorage, where + ": no record of a run",
                "remove that line: its run is measured again");
  }
  record.run = string_in(json, "run");
  record.started_unix = integer_in(json, "started_unix");
  record.wall_seconds = number_in(json, "wall_seconds");
  record.cpu_seconds = number_in(json, "cpu_seconds");
  record.exit_code = static_cast<int>(integer_in(json, "exit_code"));
  record.problem = string_in(json, "problem");
  record.rate = number_in(json, "rate");
  const Json& figures = member_in(json, "figures");
  if (figures.is_object()) record.figures = figures_from(figures);
  for (const Json& value : member_in(json, "metric")) {
    if (value.is_number()) record.metric.push_back(value.get<double>());
  }
  const Json& accuracy = member_in(json, "accuracy");
  if (accuracy.is_object()) record.accuracy = accuracy_from(accuracy);
  record.interference.heat_throttles = integer_in(json, "heat_throttles");
  record.interference.clock_mhz = number_in(json, "clock_mhz");
  record.interference.gpus = conditions_from(member_in(json, "gpus"));
  record.interference.other_cores = number_in(json, "other_cores");
  record.interference.stolen_cores = number_in(json, "stolen_cores");
  record.interference.throttled_seconds = number_in(json, "throttled_seconds");
  return record;
}

void write_records(const std::filesystem::path& file, const std::vector<RunRecord>& records) {
  std::string lines;
  for (const RunRecord& record : records) lines += line_of(record);
  write_file_atomically(file, lines);
}

void append_record(const std::filesystem::path& file, const RunRecord& record) {
  const std::string line = line_of(record);
  const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  const bool is_written =
      fd && ::write(fd.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
      ::fsync(fd.get()) == 0;
  if (is_written) return;
  throw system_error(ExitCode::kStorage, file.string() + ": cannot append", errno,
                     "free some space; the same command goes on where it stopped");
}

std::vector<RunRecord> read_records(const std::filesystem::path& file) {
  std::vector<RunRecord> records;
  const std::vector<std::string> lines = split(read_file(file, kMaxRecordBytes).value_or(""), '\n');
  // What stands behind the last line end is nothing, or was cut short.
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    const Json json = parse_json(lines[i]);
    const std::string where = fmt::format("{}:{}", file.string(), i + 1);
    records.push_back(record_from(json, where));
  }
  return records;
}

}  // namespace dplaunch
