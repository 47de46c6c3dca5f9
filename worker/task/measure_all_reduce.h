#pragma once

#include <cstdint>

#include "base/exit_code.h"
#include "common/rank_environment.h"

namespace dplaunch {

/// `--measure-all-reduce BYTES`: times the sum of a tensor of that size over all ranks, for
/// `dplaunch doctor`. Rank 0 prints "all-reduce BYTES SECONDS", the median of several.
ExitCode measure_all_reduce(const RankEnvironment& environment, std::int64_t size_bytes);

}  // namespace dplaunch
