#include "launcher/runs/run_record.h"

#include <time.h>

#include <charconv>

#include "base/error.h"
#include "base/files/json_fields.h"

namespace dplaunch {
namespace {

std::time_t utc_time(const std::string& text) {
  std::tm fields{};
  return ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &fields) == nullptr ? 0 : ::timegm(&fields);
}

int number_of(const std::string& text, int otherwise) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : otherwise;
}

RankFacts rank_facts(const Json& rank, int place) {
  RankFacts facts;
  facts.rank = static_cast<int>(integer_in(rank, "rank", place));
  facts.slot = number_of(string_in(member_in(rank, "environment"), "LOCAL_RANK"), place);
  facts.gpu_uuid = string_in(member_in(rank, "gpu"), "uuid");
  return facts;
}

std::optional<RootCauseRecord> root_cause_in(const Json& job) {
  const Json& json = member_in(job, "root_cause");
  if (!json.is_object()) return {};
  RootCauseRecord cause;
  cause.rank = static_cast<int>(integer_in(json, "rank"));
  cause.pid = integer_in(json, "pid");
  cause.device = string_in(json, "device");
  cause.message = string_in(json, "message");
  cause.hint = string_in(json, "hint");
  cause.exit_code = static_cast<int>(integer_in(json, "exit_code"));
  cause.signal = static_cast<int>(integer_in(json, "signal"));
  cause.log = string_in(json, "log");
  return cause;
}

/// A resumed run still has the summary of its earlier end, until there is a new one.
bool is_of_latest_start(const RunFolder& folder) {
  std::error_code error;
  const auto ended = std::filesystem::last_write_time(folder.summary(), error);
  if (error) return false;
  const auto started = std::filesystem::last_write_time(folder.launch(), error);
  return !error && ended >= started;
}

}  // namespace

StartRecord read_start(const RunFolder& folder) {
  const std::optional<Json> json = read_json_object(folder.launch());
  if (!json) {
    throw Error(ExitCode::kStorage, folder.launch().string() + ": is not there",
                "name a folder that dplaunch made");
  }
  StartRecord record;
  record.host = string_in(*json, "host");
  record.started = utc_time(string_in(*json, "started"));
  record.launcher_pid = static_cast<pid_t>(integer_in(*json, "launcher_pid"));
  record.grace_ms = integer_in(*json, "grace_ms");
  for (const Json& rank : member_in(*json, "ranks")) {
    record.ranks.push_back(rank_facts(rank, static_cast<int>(record.ranks.size())));
  }
  return record;
}

std::optional<EndRecord> read_end(const RunFolder& folder) {
  if (!is_of_latest_start(folder)) return {};
  const std::optional<Json> json = read_json_object(folder.summary());
  if (!json) return {};
  EndRecord end;
  const Json& job = member_in(*json, "job");
  if (!job.is_object()) {
    // Rank 0 writes its results before the launcher adds how the job ended.
    if (string_in(*json, "status") != "finished") return {};
    end.result = "success";
    end.seconds = number_in(*json, "seconds");
    return end;
  }
  end.result = string_in(job, "result");
  end.exit_code = static_cast<int>(integer_in(job, "exit_code"));
  end.seconds = number_in(job, "seconds");
  end.restarts = static_cast<int>(integer_in(job, "restarts"));
  end.root_cause = root_cause_in(job);
  return end;
}

std::string newest_checkpoint(const RunFolder& folder) {
  std::error_code error;
  const auto target = std::filesystem::read_symlink(folder.latest_checkpoint(), error);
  return error ? std::string() : target.stem().string();
}

}  // namespace dplaunch
