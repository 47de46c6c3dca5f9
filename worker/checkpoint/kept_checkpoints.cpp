#include "worker/checkpoint/kept_checkpoints.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/text/parse_number.h"
#include "common/checkpoint_format.h"
#include "common/safetensors.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

constexpr char kSuffix[] = ".safetensors";

/// (epochs, steps) as checkpoint_name() wrote them; steps is 0 after whole epochs. The names
/// themselves do not sort in time's order: '-' comes before '.', and 10000 before 9999.
std::pair<long long, long long> age_order(const std::string& name) {
  long long epochs = 0;
  long long steps = 0;
  std::sscanf(name.c_str(), "epoch-%lld-step-%lld", &epochs, &steps);  // NOLINT(cert-err34-c)
  return {epochs, steps};
}

/// The file that a link names; empty where there is none, or a file in its place. nullopt: it
/// cannot be known.
std::optional<std::string> target_of(const fs::path& link) {
  std::error_code error;
  const fs::path target = fs::read_symlink(link, error);
  if (error && error.value() != ENOENT && error.value() != EINVAL) return std::nullopt;
  return target.filename().string();
}

void remove_old(const RunFolder& folder, std::int64_t keep) {
  const std::vector<std::string> names = checkpoint_names(folder.checkpoints());
  const std::optional<std::string> latest = target_of(folder.latest_checkpoint());
  const std::optional<std::string> best = target_of(folder.best_checkpoint());
  if (!latest || !best) return;  // one of them may be the one
  const auto count = static_cast<std::int64_t>(names.size());
  for (std::int64_t i = 0; i < count - keep; ++i) {
    std::error_code error;  // A file that is gone already is what we want.
    if (names[i] != *latest && names[i] != *best) {
      fs::remove(folder.checkpoints() / names[i], error);
    }
  }
}

/// Whether the file was written when `progress`'s best was evaluated. Later ones name it too.
bool is_best_of(const Progress& progress, const fs::path& file) {
  SafetensorsMetadata metadata;
  try {
    metadata = read_safetensors_metadata(file);
  } catch (const Error&) {
    return false;  // missing or damaged
  }
  const auto integer = [&](const char* key) {
    return parse_number<std::int64_t>(metadata[key]).value_or(-1);
  };
  const bool names_it =
      integer(checkpoint_key::kBestEpoch) == progress.best_epoch &&
      parse_number<double>(metadata[checkpoint_key::kBestTop1]) == progress.best_top1;
  if (metadata.contains(checkpoint_key::kBestStep)) {
    return names_it && integer(checkpoint_key::kStep) == integer(checkpoint_key::kBestStep);
  }
  // Written before there was that key.
  const bool is_whole = integer(checkpoint_key::kImagesInEpoch) == 0;
  return names_it && integer(checkpoint_key::kEpoch) == progress.best_epoch - (is_whole ? 0 : 1);
}

}  // namespace

std::string checkpoint_name(const Progress& progress) {
  char name[64];
  if (progress.images_in_epoch == 0) {
    std::snprintf(name, sizeof name, "epoch-%04lld%s", static_cast<long long>(progress.epochs_done),
                  kSuffix);
  } else {
    std::snprintf(name, sizeof name, "epoch-%04lld-step-%08lld%s",
                  static_cast<long long>(progress.epochs_done),
                  static_cast<long long>(progress.steps_done), kSuffix);
  }
  return name;
}

std::vector<std::string> checkpoint_names(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    const bool is_ours = name.starts_with("epoch-") && name.ends_with(kSuffix);
    if (is_ours && entry.is_regular_file(error)) names.push_back(name);
  }
  std::ranges::sort(names, {}, age_order);
  return names;
}

void publish_checkpoint(const RunFolder& folder, const Progress& progress, bool is_best,
                        std::int64_t keep) {
  const std::string name = checkpoint_name(progress);
  // Before latest: a run that goes on from the latest would not come by the best again.
  folder.check_ours();
  if (is_best) replace_symlink_atomically(folder.best_checkpoint(), name);
  folder.check_ours();
  replace_symlink_atomically(folder.latest_checkpoint(), name);
  folder.check_ours();
  remove_old(folder, keep);
}

bool restore_best(const RunFolder& folder, const Progress& start) {
  folder.check_ours();
  const fs::path link = folder.best_checkpoint();
  const bool has_best = start.best_epoch > 0;
  if (has_best && is_best_of(start, link)) return true;
  if (has_best) {
    // The oldest: one of the same epoch that came later has been trained further.
    for (const std::string& name : checkpoint_names(folder.checkpoints())) {
      if (!is_best_of(start, folder.checkpoints() / name)) continue;
      replace_symlink_atomically(link, name);
      return true;
    }
  }
  std::error_code error;
  if (fs::is_symlink(link, error)) fs::remove(link, error);
  if (error && error != std::errc::no_such_file_or_directory) {
    throw system_error(ExitCode::kStorage, link.string() + ": cannot remove", error.value());
  }
  return !has_best;
}

}  // namespace dplaunch
