#include "launcher/report/job_end_json.h"

#include <utility>

#include "launcher/report/rank_status_json.h"

namespace dplaunch {
namespace {

bool flag_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && *found == true;
}

int int_in(const Json& object, const char* key) {
  return static_cast<int>(integer_in(object, key));
}

Json record_json(const ErrorRecord& record, std::int64_t offset_ns) {
  return {{"message", record.message},
          {"hint", record.hint},
          {"traceback", record.traceback},
          {"monotonic_ns", moved_time_ns(record.monotonic_ns, offset_ns)},
          {"exit_code", record.exit_code},
          {"is_consequence", record.is_consequence}};
}

ErrorRecord record_from(const Json& json) {
  ErrorRecord record;
  record.message = string_in(json, "message");
  record.hint = string_in(json, "hint");
  record.traceback = string_in(json, "traceback");
  record.monotonic_ns = integer_in(json, "monotonic_ns");
  record.exit_code = static_cast<int>(integer_in(json, "exit_code", 1));
  record.is_consequence = flag_in(json, "is_consequence");
  return record;
}

Json outcome_json(const RankOutcome& outcome, std::int64_t offset_ns) {
  Json json = {{"rank", outcome.rank},
               {"pid", outcome.pid},
               {"device", outcome.device},
               {"exit_code", outcome.exit_code},
               {"signal", outcome.signal},
               {"core", outcome.core},
               {"is_out_of_reach", outcome.is_out_of_reach},
               {"ended_ns", moved_time_ns(outcome.ended_ns, offset_ns)},
               {"is_stopped_by_launcher", outcome.is_stopped_by_launcher},
               {"stop_signal", outcome.stop_signal},
               {"stop_asked_ns", moved_time_ns(outcome.stop_asked_ns, offset_ns)},
               {"was_failing", outcome.was_failing},
               {"stall", outcome.stall},
               {"stderr_tail", outcome.stderr_tail},
               {"log", outcome.log}};
  if (outcome.record) json["record"] = record_json(*outcome.record, offset_ns);
  if (outcome.status) json["status"] = to_json(*outcome.status, offset_ns);
  return json;
}

RankOutcome outcome_from(const Json& json) {
  RankOutcome outcome;
  outcome.rank = int_in(json, "rank");
  outcome.pid = integer_in(json, "pid");
  outcome.device = string_in(json, "device");
  outcome.exit_code = int_in(json, "exit_code");
  outcome.signal = int_in(json, "signal");
  outcome.core = string_in(json, "core");
  outcome.is_out_of_reach = flag_in(json, "is_out_of_reach");
  outcome.ended_ns = integer_in(json, "ended_ns");
  outcome.is_stopped_by_launcher = flag_in(json, "is_stopped_by_launcher");
  outcome.stop_signal = int_in(json, "stop_signal");
  outcome.stop_asked_ns = integer_in(json, "stop_asked_ns");
  outcome.was_failing = flag_in(json, "was_failing");
  outcome.stall = string_in(json, "stall");
  outcome.stderr_tail = string_in(json, "stderr_tail");
  outcome.log = string_in(json, "log");
  if (json.contains("record")) outcome.record = record_from(member_in(json, "record"));
  if (json.contains("status")) outcome.status = rank_status_from(member_in(json, "status"));
  return outcome;
}

}  // namespace

Json to_json(const JobEnd& end, std::int64_t offset_ns) {
  Json outcomes = Json::array();
  for (const RankOutcome& outcome : end.outcomes) {
    outcomes.push_back(outcome_json(outcome, offset_ns));
  }
  Json json = {{"outcomes", std::move(outcomes)},
               {"is_given_up", end.is_given_up},
               {"port_stranger", end.port_stranger},
               {"has_checkpoint", end.has_checkpoint},
               {"is_folder_lost", end.is_folder_lost}};
  if (end.interruption) {
    json["interruption"] = {{"signal", end.interruption->signal},
                            {"is_preemption", end.interruption->is_preemption}};
  }
  return json;
}

JobEnd job_end_from(const Json& json) {
  JobEnd end;
  for (const Json& outcome : member_in(json, "outcomes")) {
    end.outcomes.push_back(outcome_from(outcome));
  }
  end.is_given_up = flag_in(json, "is_given_up");
  end.port_stranger = string_in(json, "port_stranger");
  end.has_checkpoint = flag_in(json, "has_checkpoint");
  end.is_folder_lost = flag_in(json, "is_folder_lost");
  if (json.contains("interruption")) {
    const Json& interruption = member_in(json, "interruption");
    end.interruption =
        Interruption{int_in(interruption, "signal"), flag_in(interruption, "is_preemption")};
  }
  return end;
}

Json to_json(const FailureContext& context) {
  return {{"oom_kills", context.oom_kills},
          {"other_gpu_users", context.other_gpu_users},
          {"port_stranger", context.port_stranger},
          {"has_no_input", context.has_no_input}};
}

FailureContext failure_context_from(const Json& json) {
  FailureContext context;
  context.oom_kills = integer_in(json, "oom_kills", -1);
  for (const Json& user : member_in(json, "other_gpu_users")) {
    if (user.is_string()) context.other_gpu_users.push_back(user.get<std::string>());
  }
  context.port_stranger = string_in(json, "port_stranger");
  context.has_no_input = flag_in(json, "has_no_input");
  return context;
}

}  // namespace dplaunch
