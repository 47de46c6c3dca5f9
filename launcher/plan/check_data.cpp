#include "launcher/plan/check_data.h"

#include <cstdint>

#include "base/error.h"

namespace dplaunch {
namespace {

/// The number of images used: all, or the first `limit`.
std::int64_t limited(const ResolvedConfig& resolved, const char* key, std::int64_t limit,
                     std::int64_t records) {
  if (limit == 0) return records;
  if (limit > records) {
    throw Error(ExitCode::kUsage,
                resolved.origin.at(key) + ": " + key + ": " + std::to_string(limit) +
                    " is more than the " + std::to_string(records) + " images of the set in " +
                    resolved.config.root,
                "0 uses all images");
  }
  return limit;
}

}  // namespace

DataSet check_data(const ResolvedConfig& resolved, int processes) {
  const Config& config = resolved.config;
  DataSet set = find_data_set(config.root);
  const std::int64_t images =
      limited(resolved, "limit_train", config.limit_train, set.train_records);
  limited(resolved, "limit_test", config.limit_test, set.test_records);
  const std::int64_t shard = images / processes;
  if (shard < 1) {
    throw Error(ExitCode::kData,
                config.root + ": " + std::to_string(images) + " images are too few for " +
                    std::to_string(processes) + " processes",
                "use fewer processes or more images (limit_train)");
  }
  if (config.bsize > shard) {
    throw Error(ExitCode::kData,
                resolved.origin.at("bsize") + ": bsize " + std::to_string(config.bsize) +
                    " is larger than a shard of " + std::to_string(shard) + " images (" +
                    std::to_string(images) + " images over " + std::to_string(processes) +
                    (processes == 1 ? " process)" : " processes)"),
                "at most --set bsize=" + std::to_string(shard) + " fits");
  }
  return set;
}

}  // namespace dplaunch
