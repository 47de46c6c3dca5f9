#include "launcher/commands/report/run_facts.h"

#include <fmt/core.h>

#include <utility>

#include "base/text/shell_word.h"
#include "base/text/words.h"
#include "common/config/config_keys.h"
#include "launcher/runs/differing_keys.h"
#include "launcher/view/progress.h"
#include "launcher/view/state_words.h"

namespace dplaunch {
namespace {

std::string percent_text(double percent) {
  return fmt::format("{:.2f}%", percent);
}

std::string top1_text(const WholeRun& run) {
  return run.training && run.training->final_top1 ? percent_text(*run.training->final_top1) : "-";
}

std::string speed_text(const WholeRun& run) {
  return run.training ? fmt::format("{:.0f}", run.training->images_per_second) : "-";
}

std::string time_text(const WholeRun& run) {
  return run.state && run.state->end ? duration(run.state->end->seconds) : "-";
}

std::string devices_text(const WholeRun& run) {
  const std::string words = devices_words(run);
  return words.empty() ? "-" : words;
}

std::string epochs_text(const WholeRun& run) {
  return run.kind == RunKind::kTraining ? std::to_string(run.metrics.epochs.size()) : "-";
}

void add_differing_keys(Page& page, const ReportedRuns& reported_runs) {
  PageTable table{{"key"}, {}, {}, "In what they differ"};
  std::vector<const WholeRun*> runs;
  for (const ReportedRun& reported : reported_runs) {
    table.head.push_back(reported.letter);
    runs.push_back(&reported.run);
  }
  for (const DifferingKey& key : differing_keys(runs)) {
    std::vector<std::string> row = key.values;
    row.insert(row.begin(), key.key);
    table.rows.push_back(std::move(row));
  }
  if (!table.rows.empty()) page.add_table(table);
}

void add_start(Page& page, const StartRecord& start) {
  PageTable table;
  const auto add = [&table](const char* what, const std::string& value) {
    if (!value.empty()) table.rows.push_back({what, value});
  };
  add("started", start.started == 0 ? "" : local_time_text(start.started));
  add("command line", shell_words(start.command_line));
  add("host", start.host);
  add("usable cores", start.usable_cores > 0 ? std::to_string(start.usable_cores) : "");
  add("dplaunch", start.dplaunch_version);
  add("GPU driver", start.driver_version);
  for (const std::string& note : start.notes) add("note", note);
  page.add_table(table);
  PageTable ranks{{"rank", "device", "UUID", "bound to cores"}, {}, {}, ""};
  for (const RankRecord& rank : start.ranks) {
    ranks.rows.push_back({std::to_string(rank.rank), rank.gpu_uuid.empty() ? "CPU" : rank.gpu_name,
                          rank.gpu_uuid.empty() ? "-" : rank.gpu_uuid,
                          rank.cpus.empty() ? "all usable" : rank.cpus});
  }
  page.add_table(ranks);
}

/// What somebody has set comes first.
void add_configuration(Page& page, const Config& config) {
  const Config defaults;
  PageTable set{{"key", "value", "default", "meaning"}, {}, {}, "Configuration: what was set"};
  PageTable rest{{"key", "value", "meaning"}, {}, {}, "Configuration: what is as by default"};
  for (const ConfigKey& key : config_keys()) {
    const std::string value = config_value(config, key);
    const std::string usual = config_value(defaults, key);
    if (value == usual) {
      rest.rows.push_back({std::string(key.name), value, std::string(key.help)});
    } else {
      set.rows.push_back(
          {std::string(key.name), value, usual.empty() ? "-" : usual, std::string(key.help)});
    }
  }
  if (!set.rows.empty()) page.add_table(set);
  page.add_table(rest);
}

}  // namespace

std::string state_line(const WholeRun& run) {
  return run.state ? state_words(*run.state) : "state unknown: its record cannot be read";
}

void add_result_tiles(Page& page, const WholeRun& run) {
  std::vector<PageTile> tiles;
  if (run.training && run.training->final_top1) {
    tiles.push_back({"final top-1 (" + run.training->final_set + ")", top1_text(run)});
  }
  if (run.training && run.training->best_epoch > 0) {
    tiles.push_back({"best top-1", percent_text(run.training->best_top1),
                     fmt::format("epoch {}", run.training->best_epoch)});
  }
  if (run.training) tiles.push_back({"speed", speed_text(run), "images/s over all ranks"});
  if (run.start) {
    tiles.push_back({"processes", std::to_string(run.start->ranks.size()),
                     run.training ? run.training->device : devices_text(run)});
  }
  if (run.state && run.state->end) {
    tiles.push_back(
        {"time", time_text(run),
         run.training ? fmt::format("training {}", duration(run.training->train_seconds)) : ""});
  }
  if (run.training && run.training->peak_memory_bytes > 0) {
    tiles.push_back({"memory", bytes_text(run.training->peak_memory_bytes), "at most, rank 0"});
  }
  if (!tiles.empty()) page.add_tiles(tiles);
}

void add_run_tables(Page& page, const ReportedRuns& runs) {
  PageTable table{{"run", "state", "devices", "epochs", "final top-1", "images/s", "time"},
                  {},
                  {false, false, false, true, true, true, true},
                  ""};
  for (const ReportedRun& reported : runs) {
    const WholeRun& run = reported.run;
    table.rows.push_back({reported.label, state_line(run), devices_text(run), epochs_text(run),
                          top1_text(run), speed_text(run), time_text(run)});
  }
  page.add_table(table);
  add_differing_keys(page, runs);
}

void add_facts(Page& page, const ReportedRuns& runs) {
  for (const ReportedRun& reported : runs) {
    if (!reported.run.start && !reported.run.config) continue;
    page.add_section(runs.size() == 1 ? "What was run" : "What was run: " + reported.label);
    if (reported.run.start) add_start(page, *reported.run.start);
    // Of several, what differs stands above.
    if (reported.run.config && runs.size() == 1) add_configuration(page, *reported.run.config);
  }
}

}  // namespace dplaunch
