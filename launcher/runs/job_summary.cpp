#include "launcher/runs/job_summary.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/files/atomic_file.h"
#include "launcher/report/failure_report.h"
#include "launcher/report/root_cause.h"

namespace dplaunch {
namespace {

using Json = nlohmann::ordered_json;

Json root_cause_json(const RankOutcome& outcome) {
  return {{"rank", outcome.rank},
          {"pid", outcome.pid},
          {"device", outcome.device},
          {"exit_code", exit_code_of(outcome)},
          {"signal", outcome.signal != 0 ? Json(outcome.signal) : Json()},
          {"end", outcome.stall.empty() ? describe_end(outcome) : "hung " + outcome.stall},
          {"message", outcome.record ? Json(outcome.record->message) : Json()},
          {"hint", outcome.record ? Json(outcome.record->hint) : Json()},
          {"log", outcome.log}};
}

Json ranks_json(const JobEnd& end) {
  Json ranks = Json::array();
  for (const RankOutcome& outcome : end.outcomes) {
    ranks.push_back({{"rank", outcome.rank},
                     {"exit_code", outcome.exit_code},
                     {"signal", outcome.signal},
                     {"stopped_by_launcher", outcome.is_stopped_by_launcher}});
  }
  return ranks;
}

/// What is there already; a file that is damaged is replaced.
Json read_summary(const std::filesystem::path& file) {
  std::ifstream stream(file);
  Json summary = Json::parse(stream, nullptr, /*allow_exceptions=*/false);
  return summary.is_object() ? summary : Json::object();
}

}  // namespace

void write_job_summary(const RunFolder& folder, const JobEnd& end, const Verdict& verdict,
                       double seconds, int restarts) {
  Json summary = read_summary(folder.summary());
  summary["job"] = {
      {"result", result_name(verdict.result)},
      {"exit_code", verdict.exit_code},
      {"seconds", seconds},
      {"restarts", restarts},
      {"root_cause",
       verdict.root_cause ? root_cause_json(end.outcomes[*verdict.root_cause]) : Json()},
      {"ranks", ranks_json(end)},
  };
  // Messages may hold any bytes; a bad one becomes U+FFFD instead of an exception.
  write_file_atomically(folder.summary(),
                        summary.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace dplaunch
