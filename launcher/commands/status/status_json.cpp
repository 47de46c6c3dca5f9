#include "launcher/commands/status/status_json.h"

#include <algorithm>
#include <cmath>

#include "base/files/json_fields.h"
#include "launcher/runs/find_run.h"
#include "launcher/runs/metrics_file.h"
#include "launcher/view/progress.h"

namespace dplaunch {
namespace {

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

/// JSON has neither NaN nor infinity.
Json positive_or_null(double number) {
  return number > 0 && std::isfinite(number) ? Json(number) : Json();
}

void sort_by(Json& array, const char* key) {
  std::stable_sort(array.begin(), array.end(), [key](const Json& a, const Json& b) {
    return integer_in(a, key) < integer_in(b, key);
  });
}

Json gpu_json(const GpuUse& gpu) {
  return {
      {"memory_used_bytes", gpu.memory_used_bytes},
      {"memory_total_bytes", gpu.memory_total_bytes},
      {"utilization_percent", gpu.utilization_percent < 0 ? Json() : Json(gpu.utilization_percent)},
      {"error", text_or_null(gpu.error)}};
}

Json rank_json(const RankView& rank, const RunView& view) {
  Json json = {{"rank", rank.rank}, {"host", text_or_null(rank.host)}};
  if (rank.status) {
    const RankStatus& status = *rank.status;
    json["phase"] = phase_name(status.phase);
    json["activity"] =
        status.activity == Activity::kNone ? Json() : Json(activity_name(status.activity));
    json["epoch"] =
        status.epochs > 0 ? std::min(status.epoch + 1, status.epochs) : status.epoch + 1;
    json["epochs"] = status.epochs;
    json["step"] = status.step;
    json["steps_per_epoch"] = status.steps_per_epoch;
    json["images"] = status.images;
    json["images_per_second"] = positive_or_null(status.images_per_second);
    json["loss"] = status.loss != 0 && std::isfinite(status.loss) ? Json(status.loss) : Json();
    json["silent_seconds"] = or_null(silent_seconds(rank, view));
  } else {
    json["phase"] = Json();
  }
  json["gpu"] = rank.gpu ? gpu_json(*rank.gpu) : Json();
  if (!rank.elsewhere) return json;
  if (rank.elsewhere->last_rank > rank.rank) json["last_rank"] = rank.elsewhere->last_rank;
  const auto& end = rank.elsewhere->end;
  json["exit_code"] = end ? Json(end->exit_code) : Json();
  json["signal"] = end && end->signal != 0 ? Json(end->signal) : Json();
  return json;
}

/// What a command's rank has beside that.
void add_process(Json& json, const CommandRankView& rank) {
  const bool is_alive = rank.use.is_alive();
  json["pid"] = is_alive ? Json(rank.pid) : Json();
  json["suspended"] = is_alive ? Json(rank.use.is_suspended()) : Json();
  json["processes"] = is_alive ? Json(rank.use.processes) : Json();
  json["cpu_percent"] = or_null(rank.cpu_percent);
  json["cpu_seconds"] = is_alive ? Json(rank.use.cpu_seconds) : Json();
  json["memory_bytes"] = is_alive ? Json(rank.use.memory_bytes) : Json();
  json["last_output_unix"] = rank.output.written != 0 ? Json(rank.output.written) : Json();
  json["last_output"] = text_or_null(rank.output.text);
  json["exit_code"] = rank.end ? Json(rank.end->exit_code) : Json();
  json["signal"] = rank.end && rank.end->signal != 0 ? Json(rank.end->signal) : Json();
}

Json progress_json(const RunView& view) {
  const std::optional<Progress> progress = progress_of(view);
  if (!progress) return {};
  return {{"epoch", progress->epoch},
          {"epochs", progress->epochs},
          {"epoch_fraction", progress->epoch_fraction},
          {"run_fraction", progress->run_fraction},
          {"epoch_seconds_left", or_null(progress->epoch_seconds_left)},
          {"run_seconds_left", or_null(progress->run_seconds_left)}};
}

/// null on one host.
Json hosts_json(const RunView& view) {
  if (view.other_hosts.empty()) return {};
  Json hosts = Json::array();
  hosts.push_back({{"index", view.own_index},
                   {"name", view.own_host},
                   {"told_seconds_ago", Json()},
                   {"lost", Json()},
                   {"lost_unix", Json()}});
  for (const HostProgress& host : view.other_hosts) {
    const bool has_told = view.is_live && host.at_ns > 0;
    const auto age = static_cast<double>(view.now_ns - host.at_ns) * 1e-9;
    hosts.push_back({{"index", host.index},
                     {"name", host.name},
                     {"told_seconds_ago", has_told ? Json(age) : Json()},
                     {"lost", text_or_null(host.lost)},
                     {"lost_unix", host.lost.empty() ? Json() : Json(host.lost_unix)}});
  }
  sort_by(hosts, "index");
  return hosts;
}

Json end_json(const EndRecord& end) {
  return {{"result", end.result},
          {"exit_code", end.exit_code},
          {"seconds", end.seconds},
          {"restarts", end.restarts},
          {"root_cause", end.root_cause ? root_cause_json(*end.root_cause) : Json()},
          {"error", text_or_null(end.launcher_error)}};
}

}  // namespace

std::string status_json(const RunFolder& folder, const RunState& state, const RunView& view,
                        const std::vector<CommandRankView>& command) {
  Json ranks = Json::array();
  for (const RankView& rank : view.ranks) ranks.push_back(rank_json(rank, view));
  for (std::size_t i = 0; i < command.size(); ++i) add_process(ranks[i], command[i]);
  sort_by(ranks, "rank");
  const std::string last_epoch = last_metrics_line(folder.metrics());  // it was parsed once
  const bool is_running = state.kind == RunState::Kind::kRunning;
  const Json json = {
      {"run", folder.root().string()},
      {"kind", kind_of(folder) == RunKind::kCommand ? "command" : "training"},
      {"state", state_name(state)},
      {"attempt", state.start.attempt},
      {"command", state.start.command},
      {"host", text_or_null(state.start.host)},
      {"launcher_pid", is_running ? Json(state.start.launcher_pid) : Json()},
      {"started_unix", state.start.started},
      {"checkpoint", text_or_null(folder.newest_checkpoint())},
      {"progress", progress_json(view)},
      {"hosts", hosts_json(view)},
      {"ranks", ranks},
      {"last_epoch", last_epoch.empty() ? Json() : parse_json(last_epoch)},
      {"job", state.end ? end_json(*state.end) : Json()},
  };
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace dplaunch
