#pragma once

#include "base/error.h"
#include "base/process/stop_signals.h"

namespace dplaunch {

/// Throws Error(kInterrupted) or Error(kTerminated), if a job ended in that way: an experiment goes
/// on when it is started again.
void refuse_to_go_on(ExitCode how_ended);

/// The same for the signals of this process.
void refuse_to_go_on(StopSignals& stop);

}  // namespace dplaunch
