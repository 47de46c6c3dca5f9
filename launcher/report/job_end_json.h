#pragma once

#include "base/files/json_fields.h"
#include "launcher/report/job_end.h"
#include "launcher/report/likely_cause.h"

namespace dplaunch {

// What one host's launcher tells the others of its end. Written and read here.

/// All but the status board's place and the log, which are of that host; `offset_ns` is added to
/// all times, which are the reader's then.
Json to_json(const JobEnd& end, std::int64_t offset_ns);
/// What is absent or no such thing is as in JobEnd().
JobEnd job_end_from(const Json& json);

Json to_json(const FailureContext& context);
FailureContext failure_context_from(const Json& json);

}  // namespace dplaunch
