#include "launcher/plan/print_plan.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <sstream>
#include <string_view>
#include <utility>

#include "base/text/printable.h"
#include "base/text/secrets.h"
#include "base/text/shell_word.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

void print_devices(std::ostream& out, const LaunchPlan& plan) {
  if (plan.gpus.empty()) {
    out << "devices    " << cpu_kind().name << '\n';
    return;
  }
  const char* label = "devices    ";
  for (const Gpu& gpu : plan.gpus) {
    out << label << "GPU " << describe(gpu) << '\n';
    label = "           ";
  }
}

/// Without the line's end.
void print_processes(std::ostream& out, const LaunchPlan& plan) {
  const RankEnvironment& first = plan.ranks.front().environment;
  out << "processes  " << first.world_size;
  if (first.group_world_size > 1) {
    const int last = plan.ranks.back().environment.rank;
    out << " on " << first.group_world_size << " hosts, "
        << (last == first.rank ? "rank " : "ranks " + std::to_string(first.rank) + " to ") << last
        << " here, meeting at " << plan.meeting;
  }
}

/// How many of `all` images a limit leaves.
std::int64_t used(std::int64_t limit, std::int64_t all) {
  return limit == 0 ? all : std::min(limit, all);
}

void warn_synthetic(std::ostream& out, const DataSet& data) {
  if (!data.is_synthetic) return;
  out << "*** SYNTHETIC DATA: made by dplaunch, not CIFAR-100. Accuracies mean nothing. ***\n";
}

void print_data(std::ostream& out, const Config& config, const DataSet& data) {
  out << "data       " << printable(data.train_file.parent_path().string()) << ": "
      << counted(used(config.limit_train, data.train_records), "training image") << ", "
      << counted(used(config.limit_test, data.test_records), "test image") << '\n';
  warn_synthetic(out, data);
}

constexpr std::string_view kWarning = "warning: ";

void print_note(std::ostream& out, std::string_view note) {
  const bool is_warning = note.starts_with(kWarning);
  if (is_warning) note.remove_prefix(kWarning.size());
  out << (is_warning ? "warning    " : "note       ") << printable(note) << '\n';
}

void print_notes(std::ostream& out, const LaunchPlan& plan) {
  for (const std::string& note : plan.notes) print_note(out, note);
  out << std::flush;
}

void print_run(std::ostream& out, const LaunchPlan& plan) {
  if (plan.run_folder) {
    out << "run        " << printable(plan.run_folder->root().string())
        << (plan.append_logs ? " (resumed)" : "") << '\n';
  }
  print_notes(out, plan);
}

}  // namespace

std::string describe(const Gpu& gpu) {
  return fmt::format("{} {} (physical {}, {}, {} GiB)", gpu.logical_index, gpu.name, gpu.index,
                     gpu.uuid, gib_text(gpu.memory_total_bytes));
}

void print_header(std::ostream& out, const LaunchPlan& plan, const Config& config,
                  const std::optional<DataSet>& data) {
  const int processes = plan.ranks.front().environment.world_size;
  print_devices(out, plan);
  print_processes(out, plan);
  out << ", total batch ";
  if (config.bsize == kAutoBsize) {
    out << "what fits x " << processes << '\n';
  } else {
    out << config.bsize << " x " << processes << " = " << config.bsize * processes << '\n';
  }
  out << "training   " << config.model << ", " << counted(config.epochs, "epoch") << ", "
      << config.optimizer << '\n';
  if (data) print_data(out, config, *data);
  print_run(out, plan);
}

void print_evaluation_header(std::ostream& out, const LaunchPlan& plan,
                             const std::filesystem::path& checkpoint, const Config& config,
                             const DataSet& data) {
  print_devices(out, plan);
  print_processes(out, plan);
  out << "\ncheckpoint " << printable(checkpoint.string()) << ": " << config.model << '\n'
      << "data       " << printable(data.train_file.parent_path().string()) << ": "
      << (config.validation > 0
              ? counted(config.validation, "training image") + " held out (validation)"
              : counted(used(config.limit_test, data.test_records), "test image"))
      << '\n';
  warn_synthetic(out, data);
  print_notes(out, plan);
}

void print_command_header(std::ostream& out, const LaunchPlan& plan) {
  // In one piece: it may go to a standard error stream, which keeps nothing back.
  std::ostringstream text;
  print_devices(text, plan);
  print_processes(text, plan);
  text << "\ncommand    " << shell_words(without_secrets(plan.ranks.front().argv)) << '\n';
  print_run(text, plan);
  out << text.view() << std::flush;
}

void print_warnings(std::ostream& out, const LaunchPlan& plan) {
  for (const std::string& note : plan.notes) {
    if (note.starts_with(kWarning)) out << "dplaunch: " << printable(note) << '\n';
  }
  out << std::flush;
}

void print_ranks(std::ostream& out, const LaunchPlan& plan) {
  for (const RankPlan& rank : plan.ranks) {
    out << "\nrank " << rank.environment.rank << ": "
        << (rank.gpu ? "GPU " + describe(*rank.gpu) : std::string(cpu_kind().name)) << '\n'
        << "  cores: " << describe(rank.cores) << '\n';
    EnvironmentVariables variables = rank.variables;
    for (auto& variable : to_variables(rank.environment)) {
      const bool is_free_port = variable.first == "MASTER_PORT" && variable.second == "0";
      if (is_free_port) variable.second = "<free port>";
      variables.push_back(std::move(variable));
    }
    for (const auto& [name, value] : variables)
      out << "  " << name << '=' << printable(value) << '\n';
    out << "  command: " << shell_words(without_secrets(rank.argv)) << '\n';
  }
  out << std::flush;
}

}  // namespace dplaunch
