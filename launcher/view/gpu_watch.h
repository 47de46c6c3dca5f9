#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "launcher/view/run_view.h"

namespace dplaunch {

/// How a job's GPUs are used. The driver is asked at most every 5 s, and never for a job without a
/// GPU. For one thread.
class GpuWatch {
 public:
  static constexpr std::int64_t kIntervalNs = 5'000'000'000;

  /// The UUIDs of the GPUs that matter.
  explicit GpuWatch(std::vector<std::string> uuids) : uuids_(std::move(uuids)) {}

  /// nullopt for an empty UUID, and for one that is none of those. A GPU that the driver does not
  /// list has an `error`.
  std::optional<GpuUse> use_of(const std::string& uuid, std::int64_t now_ns);

 private:
  void refresh(std::int64_t now_ns);

  std::vector<std::string> uuids_;
  std::map<std::string, GpuUse> uses_;
  std::optional<std::int64_t> asked_ns_;
};

}  // namespace dplaunch
