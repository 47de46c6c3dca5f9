#include "launcher/runs/find_checkpoint.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/text/words.h"
#include "common/run_folder.h"
#include "launcher/runs/find_run.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

constexpr char kSuffix[] = ".safetensors";

/// The checkpoints beside a mistyped one.
std::string which_checkpoints(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  const fs::path shown = folder.empty() ? "." : folder;
  for (const auto& entry : fs::directory_iterator(shown, error)) {
    if (entry.path().extension() == kSuffix) names.push_back(entry.path().filename().string());
  }
  if (names.empty()) return "name a checkpoint by its path, or a run by its name";
  std::sort(names.begin(), names.end());
  return fmt::format("in {} there are {}", shown.string(), joined(names));
}

/// Not the link, "latest" or "best": messages and records name the epoch that is meant.
fs::path resolved(const fs::path& file) {
  std::error_code error;
  const fs::path real = fs::canonical(file, error);
  return error ? file : real;
}

RunFolder run_of(const std::string& run) {
  try {
    return find_run({run, "./runs"});
  } catch (const Error& error) {
    throw Error(ExitCode::kUsage, fmt::format("--checkpoint: {}", error.what()), error.hint());
  }
}

}  // namespace

fs::path find_checkpoint(const std::string& file_or_run) {
  const fs::path path = file_or_run;
  std::error_code error;
  if (file_or_run.empty()) {
    throw Error(ExitCode::kUsage, "--checkpoint is empty", "name a checkpoint's file, or a run");
  }
  if (fs::exists(path, error) && !fs::is_directory(path, error)) return resolved(path);
  // Not the run around it: with another file's name another file is meant.
  if (path.extension() == kSuffix) {
    throw Error(ExitCode::kUsage, fmt::format("--checkpoint: {}: no such file", path.string()),
                which_checkpoints(path.parent_path()));
  }
  const RunFolder run = run_of(file_or_run);
  for (const fs::path& file : {run.best_checkpoint(), run.latest_checkpoint()}) {
    if (fs::exists(file, error)) return resolved(file);
  }
  throw Error(ExitCode::kUsage,
              fmt::format("--checkpoint: {} has no checkpoint yet", run.root().string()),
              "the first comes at the end of an epoch that checkpoint_every says");
}

}  // namespace dplaunch
