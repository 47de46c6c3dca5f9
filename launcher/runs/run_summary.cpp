#include "launcher/runs/run_summary.h"

#include <utility>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/files/json_fields.h"
#include "common/record_keys.h"
#include "launcher/report/failure_report.h"
#include "launcher/report/last_exception.h"
#include "launcher/report/root_cause.h"

namespace dplaunch {
namespace {

/// Of the object "job".
namespace key {
constexpr char kResult[] = "result";
constexpr char kExitCode[] = "exit_code";
constexpr char kSeconds[] = "seconds";
constexpr char kRestarts[] = "restarts";
constexpr char kRootCause[] = "root_cause";
constexpr char kRank[] = "rank";
constexpr char kPid[] = "pid";
constexpr char kDevice[] = "device";
constexpr char kSignal[] = "signal";
constexpr char kEnd[] = "end";
constexpr char kMessage[] = "message";
constexpr char kHint[] = "hint";
constexpr char kCore[] = "core";
constexpr char kLog[] = "log";
constexpr char kError[] = "error";
constexpr char kRanks[] = "ranks";
}  // namespace key

/// Empty if it left no word of what ended it.
std::string message_of(const RankOutcome& outcome) {
  if (outcome.record) return outcome.record->message;
  const auto exception = last_exception(outcome.stderr_tail);
  return exception && exception->is_end() ? exception->text : std::string();
}

RootCauseRecord root_cause_of(const RankOutcome& outcome) {
  RootCauseRecord cause;
  cause.rank = outcome.rank;
  cause.pid = outcome.pid;
  cause.device = outcome.device;
  cause.exit_code = exit_code_of(outcome);
  cause.signal = outcome.signal;
  cause.end = outcome.stall.empty() ? describe_end(outcome) : "hung " + outcome.stall;
  cause.message = message_of(outcome);
  if (outcome.record) cause.hint = outcome.record->hint;
  cause.core = outcome.core;
  cause.log = outcome.log;
  return cause;
}

Json ranks_json(const JobEnd& end) {
  Json ranks = Json::array();
  for (const RankOutcome& outcome : end.outcomes) {
    ranks.push_back({{key::kRank, outcome.rank},
                     {key::kExitCode, process_exit_code(outcome)},
                     {key::kSignal, outcome.signal},
                     {"stopped_by_launcher", outcome.is_stopped_by_launcher}});
  }
  return ranks;
}

/// What is there already; nothing of a file that is damaged, which is replaced.
Json read_summary(const std::filesystem::path& file) {
  try {
    return read_json_object(file).value_or(Json::object());
  } catch (const Error&) {
    return Json::object();
  }
}

std::optional<RootCauseRecord> root_cause_in(const Json& job) {
  const Json& json = member_in(job, key::kRootCause);
  if (!json.is_object()) return {};
  RootCauseRecord cause;
  cause.rank = static_cast<int>(integer_in(json, key::kRank));
  cause.pid = integer_in(json, key::kPid);
  cause.device = string_in(json, key::kDevice);
  cause.exit_code = static_cast<int>(integer_in(json, key::kExitCode));
  cause.signal = static_cast<int>(integer_in(json, key::kSignal));
  cause.end = string_in(json, key::kEnd);
  cause.message = string_in(json, key::kMessage);
  cause.hint = string_in(json, key::kHint);
  cause.core = string_in(json, key::kCore);
  cause.log = string_in(json, key::kLog);
  return cause;
}

std::vector<RankEnd> ranks_in(const Json& job) {
  std::vector<RankEnd> ranks;
  for (const Json& rank : member_in(job, key::kRanks)) {
    ranks.push_back({static_cast<int>(integer_in(rank, key::kRank)),
                     static_cast<int>(integer_in(rank, key::kExitCode)),
                     static_cast<int>(integer_in(rank, key::kSignal))});
  }
  return ranks;
}

/// A resumed run still has the summary of its earlier end, until there is a new one.
bool is_of_latest_start(const RunFolder& folder, const Json& summary, const std::string& start_id) {
  if (!start_id.empty()) return string_in(summary, kStartId) == start_id;
  // Of dplaunch before there were ids. By the files' times, though a copy need not keep them:
  // launch.json is written anew at every start.
  std::error_code error;
  const auto ended = std::filesystem::last_write_time(folder.summary(), error);
  if (error) return false;
  const auto started = std::filesystem::last_write_time(folder.launch(), error);
  return !error && ended >= started;
}

}  // namespace

Json root_cause_json(const RootCauseRecord& cause) {
  return {{key::kRank, cause.rank},
          {key::kPid, cause.pid},
          {key::kDevice, cause.device},
          {key::kExitCode, cause.exit_code},
          {key::kSignal, cause.signal != 0 ? Json(cause.signal) : Json()},
          {key::kEnd, text_or_null(cause.end)},
          {key::kMessage, text_or_null(cause.message)},
          {key::kHint, text_or_null(cause.hint)},
          {key::kCore, text_or_null(cause.core)},
          {key::kLog, text_or_null(cause.log)}};
}

void write_job_summary(const RunFolder& folder, const std::string& start_id, const JobEnd& end,
                       const Verdict& verdict, double seconds, int restarts) {
  folder.check_ours();
  Json summary = read_summary(folder.summary());
  summary[kFormatVersion] = kRecordFormat;
  summary[kStartId] = start_id;
  summary[summary_key::kJob] = {
      {key::kResult, result_name(verdict.result)},
      {key::kExitCode, verdict.exit_code},
      {key::kSeconds, seconds},
      {key::kRestarts, restarts},
      {key::kRootCause, verdict.root_cause
                            ? root_cause_json(root_cause_of(end.outcomes[*verdict.root_cause]))
                            : Json()},
      {key::kError, end.launcher_error.empty() ? Json() : Json(end.launcher_error)},
      {key::kRanks, ranks_json(end)},
  };
  // Messages may hold any bytes; a bad one becomes U+FFFD instead of an exception.
  write_file_atomically(folder.summary(),
                        summary.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::optional<EndRecord> read_end(const RunFolder& folder, const std::string& start_id) {
  const std::optional<Json> json = read_json_object(folder.summary());
  if (!json || !is_of_latest_start(folder, *json, start_id)) return {};
  refuse_newer(integer_in(*json, kFormatVersion), folder.summary());
  EndRecord end;
  const Json& job = member_in(*json, summary_key::kJob);
  if (!job.is_object()) {
    // Rank 0 writes its results before the launcher adds how the job ended.
    if (string_in(*json, summary_key::kStatus) != "finished") return {};
    end.result = "success";
    end.seconds = number_in(*json, summary_key::kSeconds);
    return end;
  }
  end.result = string_in(job, key::kResult);
  end.exit_code = static_cast<int>(integer_in(job, key::kExitCode));
  end.seconds = number_in(job, key::kSeconds);
  end.restarts = static_cast<int>(integer_in(job, key::kRestarts));
  end.root_cause = root_cause_in(job);
  end.launcher_error = string_in(job, key::kError);
  end.ranks = ranks_in(job);
  return end;
}

std::optional<TrainingResult> read_training_result(const RunFolder& folder) {
  const Json summary = read_summary(folder.summary());
  if (summary.empty()) return {};
  TrainingResult result;
  result.epochs = integer_in(summary, summary_key::kEpochs, -1);
  result.steps = integer_in(summary, summary_key::kSteps, -1);
  if (summary.contains(summary_key::kFinalTop1)) {
    result.final_top1 = number_in(summary, summary_key::kFinalTop1);
  }
  result.final_set = string_in(summary, summary_key::kFinalSet, "test");
  result.device = string_in(summary, summary_key::kDevice);
  result.world_size = integer_in(summary, summary_key::kWorldSize);
  result.total_batch = integer_in(summary, summary_key::kTotalBatch);
  result.parameters = integer_in(summary, summary_key::kParameters);
  result.is_synthetic =
      summary.contains(summary_key::kSyntheticData) && summary[summary_key::kSyntheticData] == true;
  result.images_per_second = number_in(summary, summary_key::kImagesPerSecond);
  result.train_seconds = number_in(summary, summary_key::kTrainSeconds);
  result.checkpoint_seconds = number_in(summary, summary_key::kCheckpointSeconds);
  result.seconds = number_in(summary, summary_key::kSeconds);
  result.peak_memory_bytes = integer_in(summary, summary_key::kPeakMemoryBytes);
  result.best_top1 = number_in(summary, summary_key::kBestTop1);
  result.best_epoch = integer_in(summary, summary_key::kBestEpoch);
  for (const Json& sentence : member_in(summary, summary_key::kHeldBackBy)) {
    if (sentence.is_string()) result.held_back_by.push_back(sentence.get<std::string>());
  }
  return result;
}

}  // namespace dplaunch
