#include "launcher/metrics/metrics_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/process/host_name.h"
#include "common/status_board.h"

namespace dplaunch {
namespace {

using Labels = std::vector<std::pair<const char*, std::string>>;

/// Families of samples, one after the other.
class Exposition {
 public:
  void begin(const char* name, const char* type, const char* help) {
    name_ = name;
    text_ += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
  }

  void add(const Labels& labels, double value) {
    text_ += name_;
    const char* before = "{";
    for (const auto& [label, content] : labels) {
      text_ += fmt::format("{}{}=\"{}\"", std::exchange(before, ","), label, escaped(content));
    }
    if (!labels.empty()) text_ += '}';
    text_ += ' ' + number(value) + '\n';
  }

  std::string take() { return std::move(text_); }

 private:
  static std::string escaped(const std::string& content) {
    std::string text;
    for (const char c : content) {
      if (c == '\\' || c == '"') text += '\\';
      c == '\n' ? text += "\\n" : text += c;
    }
    return text;
  }

  static std::string number(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    return fmt::format("{}", value);
  }

  std::string name_;
  std::string text_;
};

/// The figures of one rank, each where it is known.
struct RankFigure {
  const char* name;
  const char* type;
  const char* help;
  std::function<std::optional<double>(const RankView& rank)> value;
};

double steps_of(const RankStatus& status) {
  return static_cast<double>(status.epoch) * static_cast<double>(status.steps_per_epoch) +
         static_cast<double>(status.step);
}

std::optional<double> of_status(const RankView& rank, double (*figure)(const RankStatus& status)) {
  if (!rank.status) return {};
  return figure(*rank.status);
}

/// A measured one; 0: not yet.
std::optional<double> unless_zero(const RankView& rank, double RankStatus::*figure) {
  if (!rank.status || (*rank.status).*figure == 0) return {};
  return (*rank.status).*figure;
}

std::vector<RankFigure> rank_figures() {
  return {
      {"dplaunch_rank_epoch", "gauge", "The epoch that the rank is in, counted from 1.",
       [](const RankView& rank) {
         return of_status(rank, [](const RankStatus& status) {
           const std::int64_t last = std::max<std::int64_t>(1, status.epochs);
           return static_cast<double>(std::min(status.epoch + 1, last));
         });
       }},
      {"dplaunch_rank_steps_total", "counter",
       "Steps done since the training began; less after a restart from a checkpoint.",
       [](const RankView& rank) { return of_status(rank, steps_of); }},
      {"dplaunch_rank_images_total", "counter",
       "Images that the rank has trained on since its start.",
       [](const RankView& rank) {
         return of_status(
             rank, [](const RankStatus& status) { return static_cast<double>(status.images); });
       }},
      {"dplaunch_rank_images_per_second", "gauge", "Of the rank alone, over its last steps.",
       [](const RankView& rank) { return unless_zero(rank, &RankStatus::images_per_second); }},
      {"dplaunch_rank_loss", "gauge", "The latest training loss that was read back.",
       [](const RankView& rank) { return unless_zero(rank, &RankStatus::loss); }},
  };
}

Labels labels_of(const RankView& rank, const JobFacts& job) {
  const bool is_of_many = rank.elsewhere && rank.elsewhere->last_rank > rank.rank;
  return {{"host", rank.host.empty() ? job.host : rank.host},
          {"rank", is_of_many ? fmt::format("{}-{}", rank.rank, rank.elsewhere->last_rank)
                              : std::to_string(rank.rank)}};
}

void add_silence(Exposition& text, const RankView& rank, std::int64_t now_ns, const JobFacts& job) {
  std::int64_t last_ns = rank.status ? rank.status->updated_ns : 0;
  if (rank.elsewhere) last_ns = std::max(last_ns, rank.elsewhere->output_ns);
  const auto output = job.output_ns.find(rank.rank);
  if (!rank.elsewhere && output != job.output_ns.end()) last_ns = std::max(last_ns, output->second);
  if (last_ns == 0) return;
  const auto silent_ns = static_cast<double>(std::max<std::int64_t>(0, now_ns - last_ns));
  text.add(labels_of(rank, job), silent_ns * 1e-9);
}

void add_phases(Exposition& text, const RankView& rank, const JobFacts& job) {
  if (!rank.status) return;
  for (int phase = 0; phase <= static_cast<int>(Phase::kFinished); ++phase) {
    Labels labels = labels_of(rank, job);
    labels.emplace_back("phase", phase_name(static_cast<Phase>(phase)));
    text.add(labels, rank.status->phase == static_cast<Phase>(phase) ? 1 : 0);
  }
}

void add_ranks(Exposition& text, const std::vector<RankView>& ranks, std::int64_t now_ns,
               const JobFacts& job) {
  for (const RankFigure& figure : rank_figures()) {
    text.begin(figure.name, figure.type, figure.help);
    for (const RankView& rank : ranks) {
      if (const auto value = figure.value(rank)) text.add(labels_of(rank, job), *value);
    }
  }
  text.begin("dplaunch_rank_silent_seconds", "gauge",
             "Since the rank's last sign of life: its status or, of a command, its output.");
  for (const RankView& rank : ranks) add_silence(text, rank, now_ns, job);
  text.begin("dplaunch_rank_phase", "gauge", "1 for the phase that the rank is in.");
  for (const RankView& rank : ranks) add_phases(text, rank, job);
}

void add_gpus(Exposition& text, const std::vector<RankView>& ranks, const JobFacts& job) {
  const auto add = [&](const char* name, const char* help, auto value) {
    text.begin(name, "gauge", help);
    for (const RankView& rank : ranks) {
      if (!rank.gpu || !rank.gpu->error.empty()) continue;
      Labels labels = labels_of(rank, job);
      const auto uuid = job.gpu_uuids.find(rank.rank);
      labels.emplace_back("gpu", uuid != job.gpu_uuids.end() ? uuid->second : "");
      if (const std::optional<double> known = value(*rank.gpu)) text.add(labels, *known);
    }
  };
  add("dplaunch_gpu_utilization_ratio", "Share of the time in which the GPU computed, from NVML.",
      [](const GpuUse& gpu) -> std::optional<double> {
        if (gpu.utilization_percent < 0) return {};
        return gpu.utilization_percent / 100.0;
      });
  add("dplaunch_gpu_memory_used_bytes", "Of the GPU, by all processes, from NVML.",
      [](const GpuUse& gpu) { return std::optional(static_cast<double>(gpu.memory_used_bytes)); });
  add("dplaunch_gpu_memory_bytes", "Of the GPU in all, from NVML.",
      [](const GpuUse& gpu) { return std::optional(static_cast<double>(gpu.memory_total_bytes)); });
}

void add_hosts(Exposition& text, const RunView& run) {
  if (run.other_hosts.empty()) return;
  text.begin("dplaunch_host_lost", "gauge", "1 for a host of the job that is lost.");
  for (const HostProgress& host : run.other_hosts) {
    text.add({{"host", short_host_name(host.name)}, {"index", std::to_string(host.index)}},
             host.lost.empty() ? 0 : 1);
  }
}

}  // namespace

std::string metrics_text(const RunView& run, const JobFacts& job, bool all_hosts) {
  std::vector<RankView> ranks;
  for (const RankView& rank : run.ranks) {
    if (!rank.elsewhere || (all_hosts && rank.lost.empty())) ranks.push_back(rank);
  }
  Exposition text;
  text.begin("dplaunch_job_info", "gauge", "The job: its run, what kind it is, and dplaunch.");
  text.add({{"run", job.run}, {"kind", job.kind}, {"version", DPLAUNCH_VERSION}}, 1);
  text.begin("dplaunch_job_ranks", "gauge", "Ranks of the job, on all of its hosts.");
  text.add({}, job.world_size);
  text.begin("dplaunch_job_restarts_total", "counter", "How often all ranks were started again.");
  text.add({}, job.restarts);
  text.begin("dplaunch_job_start_time_seconds", "gauge", "When the ranks were started, Unix time.");
  text.add({}, static_cast<double>(job.started_unix));
  add_ranks(text, ranks, run.now_ns, job);
  add_gpus(text, ranks, job);
  add_hosts(text, run);
  return text.take();
}

}  // namespace dplaunch
