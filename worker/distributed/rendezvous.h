#pragma once

#include <chrono>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "common/rank_environment.h"

namespace dplaunch {

/// Joins the job's key-value store: rank 0 serves it on the listening socket that the launcher
/// handed over (or on MASTER_PORT, if started without one), the others connect; under torchrun,
/// which serves the store itself, all connect. Keys are prefixed with the run id and the restart
/// count, so that nothing of an earlier attempt is ever read. On rank 0 it returns when all ranks
/// have joined. Throws c10::Error (ProcessGroup::connect says where and what to do).
c10::intrusive_ptr<c10d::Store> rendezvous(const RankEnvironment& environment,
                                           std::chrono::milliseconds timeout);

}  // namespace dplaunch
