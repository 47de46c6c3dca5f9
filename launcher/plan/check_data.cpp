#include "launcher/plan/check_data.h"

#include <fmt/core.h>

#include <cstdint>

#include "base/error.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

/// The number of images used: all, or the first `limit`.
std::int64_t limited(const ResolvedConfig& resolved, const char* key, std::int64_t limit,
                     std::int64_t records) {
  if (limit == 0) return records;
  if (limit > records) {
    throw Error(ExitCode::kUsage,
                fmt::format("{}: {}: {} is more than the {} images of the set in {}",
                            resolved.origin.at(key), key, limit, records, resolved.config.root),
                "0 uses all images");
  }
  return limit;
}

/// What is left to train on.
std::int64_t without_held_out(const ResolvedConfig& resolved, std::int64_t images) {
  const std::int64_t validation = resolved.config.validation;
  if (validation < images) return images - validation;
  throw Error(ExitCode::kUsage,
              fmt::format("{}: validation: {} leaves none of the {} training images",
                          resolved.origin.at("validation"), validation, images),
              "hold out fewer");
}

}  // namespace

DataSet check_data(const ResolvedConfig& resolved, int processes) {
  const Config& config = resolved.config;
  DataSet set = find_data_set(config.root);
  const std::int64_t images =
      limited(resolved, "limit_train", config.limit_train, set.train_records);
  limited(resolved, "limit_test", config.limit_test, set.test_records);
  const std::int64_t trained = without_held_out(resolved, images);
  const std::int64_t shard = trained / processes;
  if (shard < 1) {
    throw Error(
        ExitCode::kData,
        fmt::format("{}: {} images are too few for {} processes", config.root, trained, processes),
        "use fewer processes or more images (limit_train)");
  }
  if (config.bsize > shard) {
    throw Error(ExitCode::kData,
                fmt::format("{}: bsize {} is larger than a shard of {} images ({} images over {})",
                            resolved.origin.at("bsize"), config.bsize, shard, trained,
                            counted(processes, "process", "processes")),
                fmt::format("at most --set bsize={} fits", shard));
  }
  return set;
}

}  // namespace dplaunch
