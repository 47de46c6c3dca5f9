#pragma once

#include "base/exit_code.h"
#include "common/communication_record.h"
#include "common/config/config.h"
#include "common/rank_environment.h"
#include "common/run_folder.h"

namespace dplaunch {

/// `--measure-communication`: times collectives of the process group that training uses, checks
/// every result, and has rank 0 write RunFolder::communication(). Each size has a few rounds to
/// warm up, and then as many as its share of the request's time has room for, within limits. Throws
/// Error(kFailure) for a wrong result, and Error(kUsage) where the ranks were asked for different
/// things.
ExitCode measure_communication(const CommunicationRequest& request, const Config& config,
                               const RankEnvironment& environment, const RunFolder& folder);

}  // namespace dplaunch
