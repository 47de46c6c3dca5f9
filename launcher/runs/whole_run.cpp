#include "launcher/runs/whole_run.h"

#include <filesystem>
#include <functional>
#include <system_error>

#include "base/error.h"
#include "base/files/read_file.h"
#include "base/text/words.h"
#include "common/config/load_config.h"

namespace dplaunch {
namespace {

std::string name_of(const RunFolder& folder) {
  const std::filesystem::path whole = std::filesystem::absolute(folder.root()).lexically_normal();
  // "runs/a/" has nothing behind its slash.
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

void read_errors(WholeRun& run) {
  if (!run.start) return;
  for (const RankRecord& rank : run.start->ranks) {
    const std::filesystem::path file = run.folder.error_record(rank.rank);
    if (auto record = read_error_record(file)) {
      run.errors.emplace_back(rank.rank, std::move(*record));
      continue;
    }
    std::error_code error;
    if (std::filesystem::exists(file, error)) {
      run.problems.push_back(file.string() + ": is no error record");
    }
  }
}

}  // namespace

WholeRun read_whole_run(const RunFolder& folder) {
  WholeRun run{folder, name_of(folder), kind_of(folder), {}, {}, {}, {}, {}, {}, {}, {}};
  const auto attempt = [&run](const std::function<void()>& read) {
    try {
      read();
    } catch (const Error& error) {
      run.problems.emplace_back(error.what());
    }
  };
  attempt([&] { run.start = read_start(folder); });
  // Reads it again, and how it ended.
  if (run.start) attempt([&] { run.state = run_state(folder); });
  if (run.kind == RunKind::kTraining) {
    attempt([&] { run.config = load_stored_config(folder.config(), {}).config; });
  }
  attempt([&] { run.metrics = read_epochs(folder.metrics()); });
  if (run.metrics.damaged > 0) {
    run.problems.push_back(folder.metrics().string() + ": " +
                           counted(static_cast<std::int64_t>(run.metrics.damaged), "line") +
                           " without an epoch's figures, left out");
  }
  // Until then the file has the result of an earlier start.
  if (run.state && run.state->end && run.state->end->result == "success") {
    run.training = read_training_result(folder);
  }
  attempt([&] { read_errors(run); });
  constexpr std::size_t kMaxStacksBytes = 4 << 20;
  attempt([&] { run.stacks = read_file(folder.stacks(), kMaxStacksBytes).value_or(""); });
  return run;
}

}  // namespace dplaunch
