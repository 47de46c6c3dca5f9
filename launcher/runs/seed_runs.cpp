#include "launcher/runs/seed_runs.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"
#include "base/text/parse_number.h"

namespace dplaunch {

std::string seed_run_name(const std::string& name, std::int64_t seed) {
  return fmt::format("{}-seed-{}", name, seed);
}

std::vector<SeedRun> seed_runs(const RunChoice& choice) {
  const std::filesystem::path common = run_path(choice.runs, choice.run);
  const std::string beginning = common.filename().string() + "-seed-";
  std::vector<SeedRun> found;
  for (const RunFolder& run : runs_below(common.parent_path())) {
    const std::string name = run.root().filename().string();
    if (!name.starts_with(beginning)) continue;
    const auto seed = parse_number<std::int64_t>(name.substr(beginning.size()));
    if (seed) found.push_back({*seed, run});
  }
  std::sort(found.begin(), found.end(),
            [](const SeedRun& a, const SeedRun& b) { return a.seed < b.seed; });
  return found;
}

std::vector<RunFolder> find_runs(const RunChoice& choice) {
  try {
    return {find_run(choice)};
  } catch (const Error&) {
    std::vector<RunFolder> folders;
    if (!choice.run.empty()) {
      for (const SeedRun& run : seed_runs(choice)) folders.push_back(run.folder);
    }
    if (folders.empty()) throw;
    return folders;
  }
}

}  // namespace dplaunch
