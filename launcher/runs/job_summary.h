#pragma once

#include <string>

#include "common/run_folder.h"
#include "launcher/report/job_end.h"

namespace dplaunch {

/// Puts the object "job" into the run's summary.json, beside what the workers wrote there: result,
/// exit code, duration, restarts, and the root cause of a failure. For programs; docs/usage.md
/// lists the keys. Throws Error(kStorage).
void write_job_summary(const RunFolder& folder, const JobEnd& end, const Verdict& verdict,
                       double seconds, int restarts);

}  // namespace dplaunch
