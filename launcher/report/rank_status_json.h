#pragma once

#include <cstdint>

#include "base/files/json_fields.h"
#include "common/status_board.h"

namespace dplaunch {

/// What a rank said of itself, for another host. `offset_ns` is added to its time: what makes one
/// of this host's clock one of the reader's.
Json to_json(const RankStatus& status, std::int64_t offset_ns);
/// Numbers are within the bounds of StatusBoard::read(), whatever was sent.
RankStatus rank_status_from(const Json& json, std::int64_t offset_ns = 0);

/// A time of monotonic_ns() on another host's clock; 0, "never", stays that.
std::int64_t moved_time_ns(std::int64_t time_ns, std::int64_t offset_ns);

}  // namespace dplaunch
