#pragma once

#include "launcher/affinity/bind_ranks.h"

namespace dplaunch {

/// bind_ranks() on the machine that this runs on. Its topology is read only where that can matter:
/// neither for Bind::kNone, nor for Bind::kNuma on a machine of one NUMA node. A topology that
/// cannot be read is a note, and nothing is bound. No other thread may run meanwhile.
JobBinding bind_on_this_machine(const BindRequest& request);

}  // namespace dplaunch
