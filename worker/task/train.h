#pragma once

#include "base/exit_code.h"
#include "common/config/config.h"
#include "common/rank_environment.h"
#include "common/run_folder.h"
#include "worker/train/trainer.h"

namespace dplaunch {

/// One rank of a training job, as Trainer does it. Restarted after a failure, it goes on from where
/// the failed attempt got to, with or without `options.resume`. kTerminated if it was asked to stop
/// before the end. Throws Error.
ExitCode train(const Config& config, const RankEnvironment& environment, const RunFolder& folder,
               Trainer::Options options);

}  // namespace dplaunch
