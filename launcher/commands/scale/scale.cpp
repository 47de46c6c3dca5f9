#include "launcher/commands/scale/scale.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/files/unique_fd.h"
#include "base/text/printable.h"
#include "base/text/words.h"
#include "launcher/commands/scale/measure_group.h"
#include "launcher/commands/scale/settle_experiment.h"
#include "launcher/model/profile_file.h"
#include "launcher/scale/measure_run.h"
#include "launcher/scale/model_inputs.h"
#include "launcher/scale/scale_page.h"
#include "launcher/scale/scale_text.h"

namespace dplaunch {
namespace {

using Clock = std::chrono::steady_clock;

// A point that fails in the first blocks fails in all.
constexpr std::size_t kMostFailures = 2;

/// Nobody else measures in the folder meanwhile.
UniqueFd lock(const Experiment& experiment) {
  UniqueFd fd(::open(experiment.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) {
    throw system_error(ExitCode::kStorage, experiment.folder.string() + ": cannot open it", errno);
  }
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  throw Error(ExitCode::kUsage,
              experiment.folder.string() + ": another dplaunch scale measures there",
              "wait for its end, or name another folder with --folder");
}

/// How many of the points' runs have no figures yet.
std::size_t runs_left(const std::vector<Point>& points, int blocks,
                      const std::vector<RunRecord>& records) {
  std::size_t left = points.size() * static_cast<std::size_t>(blocks);
  for (const Point& point : points) {
    for (const RunRecord* run : measured_runs(records, point.name)) {
      if (run->block <= blocks) --left;
    }
  }
  return left;
}

/// The order of the measuring, and its limits.
class Measuring {
 public:
  Measuring(const ScaleOptions& options, const Experiment& experiment,
            std::vector<RunRecord> records, std::ostream& words)
      : options_(options),
        experiment_(experiment),
        records_(std::move(records)),
        words_(words),
        begin_(Clock::now()) {}

  /// All blocks, until time is over or the intervals are narrow enough; then those of the trainings
  /// to an accuracy.
  std::vector<RunRecord> run() {
    measure_all(experiment_.points);
    measure_all(experiment_.accuracy_points);
    return std::move(records_);
  }

 private:
  void measure_all(const std::vector<Point>& points) {
    seconds_ = 0;
    runs_ = 0;
    if (points.empty()) return;
    for (int block = 1; is_block_wanted(block, points) && has_time_; ++block) {
      measure_block(block, points);
    }
  }

  bool is_block_wanted(int block, const std::vector<Point>& points) const {
    if (block <= options_.blocks) return true;
    constexpr int kMostBlocks = 1000;
    if (points.front().is_to_accuracy()) return false;
    return options_.until_ci_percent > 0 && block <= kMostBlocks && !is_narrow_enough();
  }

  bool is_narrow_enough() const {
    for (const PointResult& result : results_of(experiment_.points, records_)) {
      const MedianInterval& speedup = result.speedup;
      if (result.point.processes == 1 || speedup.count == 0) continue;
      const double half_percent = 50 * (speedup.high - speedup.low) / speedup.median;
      if (half_percent > options_.until_ci_percent) return false;
    }
    return true;
  }

  void measure_block(int block, const std::vector<Point>& points) {
    for (const std::size_t index : order_of_block(experiment_.seed, block, points.size())) {
      const Point& point = points[index];
      if (is_measured(block, point) || is_hopeless(point)) continue;
      has_time_ = has_time_ && is_time_left();
      if (!has_time_) return;
      refuse_to_go_on(*stop_);
      RunRecord record = measure_run(experiment_, point, block, *stop_);
      append_record(experiment_.records_file(), record);
      longest_run_s_ = std::max(longest_run_s_, record.wall_seconds);
      seconds_ += record.wall_seconds;
      ++runs_;
      records_.push_back(std::move(record));
      words_ << describe(records_.back()) << time_left(points) << "\n" << std::flush;
    }
    const bool has_cost = options_.has_controls && has_group(experiment_);
    if (has_cost && !points.front().is_to_accuracy()) measure_group_of(block);
  }

  /// The all-reduce by itself, beside a run of the group in the same block.
  void measure_group_of(int block) {
    std::error_code error;
    if (std::filesystem::exists(experiment_.group_file(block), error)) return;
    const auto run = std::ranges::find_if(records_, [&](const RunRecord& record) {
      return record.block == block && record.is_measured() && record.figures &&
             std::cmp_equal(record.figures->ranks.size(), experiment_.most_processes());
    });
    if (run == records_.end() || failed_groups_ == kMostFailures) return;
    refuse_to_go_on(*stop_);
    stop_.reset();  // signals are meant for the group meanwhile
    try {
      measure_group(experiment_, *run);
    } catch (const Error& failure) {
      if (failure.code() == ExitCode::kInterrupted || failure.code() == ExitCode::kTerminated)
        throw;
      ++failed_groups_;
      words_ << fmt::format("block {}  the all-reduce by itself: no figures: {}\n", block,
                            printable(failure.what()));
    }
    stop_.emplace();
  }

  bool is_measured(int block, const Point& point) const {
    return std::any_of(records_.begin(), records_.end(), [&](const RunRecord& record) {
      return record.block == block && record.point == point.name && record.is_measured();
    });
  }

  bool is_hopeless(const Point& point) const {
    std::size_t failed = 0;
    for (const RunRecord& record : records_) {
      if (record.point != point.name) continue;
      if (record.is_measured()) return false;
      ++failed;
    }
    return failed >= kMostFailures;
  }

  bool is_time_left() const {
    if (options_.max_time_s <= 0) return true;
    const double elapsed_s = std::chrono::duration<double>(Clock::now() - begin_).count();
    return elapsed_s + longest_run_s_ <= options_.max_time_s;
  }

  std::string describe(const RunRecord& record) const {
    std::string text = fmt::format("block {}/{}  {:<16} ", record.block,
                                   std::max(options_.blocks, record.block), record.point);
    if (!record.is_measured()) {
      text += "no figures: " + printable(record.problem);
    } else if (record.accuracy) {
      const AccuracyRun& run = *record.accuracy;
      text += fmt::format("{} after {:.1f} s and {} images, top-1 {:.2f}%",
                          run.is_reached ? "reached" : "NOT reached", run.seconds, run.images,
                          run.best_top1);
    } else if (record.figures) {
      text += fmt::format("{:.1f} ms a step, {:.0f} images/s ({} steps, {} of warm-up before)",
                          1000 * record.figures->step_seconds, record.rate, record.figures->steps,
                          record.figures->warmup_steps);
    } else {
      text += fmt::format("{:.1f} s, rate {:.4g}", record.wall_seconds, record.rate);
    }
    const std::vector<std::string> flags = record.interference.flags();
    if (!flags.empty()) text += "; " + joined(flags);
    return text;
  }

  /// Of the blocks of these points that are asked for.
  std::string time_left(const std::vector<Point>& points) const {
    const std::size_t left = runs_left(points, options_.blocks, records_);
    if (runs_ < points.size() || left == 0) return {};
    const double left_s = seconds_ / static_cast<double>(runs_) * static_cast<double>(left);
    return fmt::format("  (about {:.0f} min left)", std::max(1.0, left_s / 60));
  }

  std::optional<StopSignals> stop_{std::in_place};
  const ScaleOptions& options_;
  const Experiment& experiment_;
  std::vector<RunRecord> records_;
  std::ostream& words_;
  Clock::time_point begin_;
  bool has_time_ = true;
  double longest_run_s_ = 0;
  double seconds_ = 0;
  std::size_t runs_ = 0;
  std::size_t failed_groups_ = 0;
};

std::string accuracy_plan(const ScaleOptions& options, const Experiment& experiment) {
  if (experiment.accuracy_points.empty()) return {};
  std::vector<std::string> names;
  for (const Point& point : experiment.accuracy_points) names.push_back(point.name);
  return fmt::format("then        {}: {} each, trained up to {:g}% top-1, at most {}\n",
                     joined(names), counted(options.blocks, "time"), options.until_accuracy_percent,
                     counted(experiment.config.epochs, "epoch"));
}

std::string place_text(const Experiment& experiment) {
  if (!experiment.is_cpu()) return joined(experiment.gpus);
  if (experiment.cores_per_process == 0) {
    return fmt::format("the CPU, where {} processes take turns on {} usable cores",
                       experiment.most_processes(), experiment.usable_cores);
  }
  return fmt::format("the CPU, {} a process of {} usable",
                     counted(experiment.cores_per_process, "core"), experiment.usable_cores);
}

std::string plan_text(const ScaleOptions& options, const Experiment& experiment) {
  std::vector<std::string> names;
  for (const Point& point : experiment.points) names.push_back(point.name);
  std::string text = fmt::format("experiment  {}\n", printable(experiment.folder.string()));
  text += fmt::format("points      {}\n", joined(names));
  text += fmt::format("blocks      {}, each point once in each, in random order\n", options.blocks);
  text += fmt::format("on          {}\n", place_text(experiment));
  if (!experiment.is_command()) text += fmt::format("steps       {} a run\n", experiment.steps);
  text += accuracy_plan(options, experiment);
  if (options.max_time_s > 0) text += fmt::format("at most     {:g} s\n", options.max_time_s);
  return text;
}

/// What can be said before the first of them; nothing is known of other machines' or models' speed.
std::string remaining_text(const char* what, const std::vector<Point>& points, int blocks,
                           const std::vector<RunRecord>& records) {
  double seconds = 0;
  std::size_t runs = 0;
  for (const RunRecord& record : records) {
    const bool is_one =
        std::ranges::any_of(points, [&](const Point& point) { return point.name == record.point; });
    if (!is_one) continue;
    seconds += record.wall_seconds;
    ++runs;
  }
  const std::size_t all = points.size() * static_cast<std::size_t>(blocks);
  if (runs == 0) {
    return fmt::format("{:<12}{}; how long they take is known after the first block\n", what, all);
  }
  const std::size_t left = runs_left(points, blocks, records);
  return fmt::format("{:<12}{} of {} are left: about {:.0f} s\n", what, left, all,
                     seconds / static_cast<double>(runs) * static_cast<double>(left));
}

std::string remaining_text(const Experiment& experiment, const ScaleOptions& options) {
  const std::vector<RunRecord> records = read_records(experiment.records_file());
  std::string text = remaining_text("runs", experiment.points, options.blocks, records);
  if (experiment.accuracy_points.empty()) return text;
  return text + remaining_text("trainings", experiment.accuracy_points, options.blocks, records);
}

/// Returns the names of the files.
std::string write_results(const ScaleReport& report, const ModelInputs& inputs) {
  const std::filesystem::path& folder = report.experiment.folder;
  write_file_atomically(
      folder / "scale.json",
      scale_json(report).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  write_file_atomically(folder / "scale.csv", scale_csv(report));
  write_page(folder / "scale.html",
             scale_page(report, fmt::format("dplaunch " DPLAUNCH_VERSION ", {}",
                                            local_time_text(std::time(nullptr)))));
  const auto profile = profile_of(report.experiment, report.records, inputs);
  if (profile) write_profile(folder / "profile.json", *profile);
  return std::string("scale.html, scale.json, scale.csv, runs.jsonl") +
         (profile ? ", profile.json (for dplaunch simulate)" : "");
}

bool has_all_figures(const ScaleReport& report) {
  const auto has_figures = [](const PointResult& result) { return result.rate.count > 0; };
  const auto has_runs = [](const AccuracyResult& result) { return result.runs > 0; };
  return std::ranges::all_of(report.results, has_figures) &&
         std::ranges::all_of(report.accuracy, has_runs);
}

}  // namespace

int scale(const ScaleOptions& options) {
  const Experiment experiment = settle_experiment(options);
  std::ostream& words = options.json ? std::cerr : std::cout;
  words << plan_text(options, experiment);
  if (options.dry_run) {
    words << remaining_text(experiment, options);
    return check_shown(std::cout);
  }
  claim_folder(experiment);
  const UniqueFd locked = lock(experiment);
  std::vector<RunRecord> records = read_records(experiment.records_file());
  write_records(experiment.records_file(), records);
  records = Measuring(options, experiment, std::move(records), words).run();
  const ModelInputs inputs = read_model_inputs(experiment, records);
  const ScaleReport report = make_report(experiment, std::move(records), inputs);
  const std::string files = write_results(report, inputs);
  if (options.json) {
    std::cout << scale_json(report).dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
  } else {
    std::cout << "\n"
              << scale_text(report) << "\n"
              << printable(experiment.folder.string()) << ": " << files << "\n";
  }
  const int shown = check_shown(std::cout);
  return has_all_figures(report) ? shown : to_int(ExitCode::kFailure);
}

}  // namespace dplaunch
