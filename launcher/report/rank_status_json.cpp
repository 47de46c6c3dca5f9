#include "launcher/report/rank_status_json.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace dplaunch {
namespace {

/// JSON has neither NaN nor infinity, and a loss is one when it matters most.
Json number_json(double number) {
  return std::isfinite(number) ? Json(number) : Json(fmt::format("{}", number));
}

double number_from(const Json& object, const char* key) {
  const std::string word = string_in(object, key);
  if (word.empty()) return number_in(object, key);
  const double infinity = std::numeric_limits<double>::infinity();
  if (word == "inf") return infinity;
  return word == "-inf" ? -infinity : std::numeric_limits<double>::quiet_NaN();
}

std::int64_t count_in(const Json& object, const char* key) {
  return std::clamp<std::int64_t>(integer_in(object, key), 0, StatusBoard::kMaxCount);
}

/// The first, "unknown", for a number that this version has no name for.
template <typename Enum>
Enum choice_in(const Json& object, const char* key, Enum last) {
  const std::int64_t number = integer_in(object, key);
  return number >= 0 && number <= static_cast<std::int64_t>(last) ? static_cast<Enum>(number)
                                                                  : Enum{};
}

}  // namespace

std::int64_t moved_time_ns(std::int64_t time_ns, std::int64_t offset_ns) {
  constexpr std::int64_t kMost = std::int64_t{1} << 62;  // whatever was sent: no overflow
  if (time_ns <= 0) return 0;
  return std::max<std::int64_t>(
      1, std::min(time_ns, kMost - 1) + std::clamp(offset_ns, -kMost, kMost));
}

Json to_json(const RankStatus& status, std::int64_t offset_ns) {
  return {{"phase", static_cast<int>(status.phase)},
          {"activity", static_cast<int>(status.activity)},
          {"epoch", status.epoch},
          {"epochs", status.epochs},
          {"step", status.step},
          {"steps_per_epoch", status.steps_per_epoch},
          {"images", status.images},
          {"images_per_second", number_json(status.images_per_second)},
          {"loss", number_json(status.loss)},
          {"updated_ns", moved_time_ns(status.updated_ns, offset_ns)}};
}

RankStatus rank_status_from(const Json& json, std::int64_t offset_ns) {
  RankStatus status;
  status.phase = choice_in(json, "phase", Phase::kFinished);
  status.activity = choice_in(json, "activity", Activity::kUpdate);
  status.epoch = count_in(json, "epoch");
  status.epochs = count_in(json, "epochs");
  status.step = count_in(json, "step");
  status.steps_per_epoch = count_in(json, "steps_per_epoch");
  status.images = std::max<std::int64_t>(0, integer_in(json, "images"));
  status.images_per_second = number_from(json, "images_per_second");
  status.loss = number_from(json, "loss");
  status.updated_ns = moved_time_ns(integer_in(json, "updated_ns"), offset_ns);
  return status;
}

}  // namespace dplaunch
