#pragma once

#include <string>

#include "common/run_folder.h"

namespace dplaunch {

/// The folder of a host but the first: below host 0's, or one of its name.
std::string folder_of_host(int host);

/// Of a run over several hosts the part that was started on this one last: the run itself where
/// this is host 0, elsewhere "host-1" or the like below it. The run itself if there is none.
RunFolder part_of_this_host(const RunFolder& run);

/// A run's name, as commands take it; of a part with the run's: "dual/host-1".
std::string name_of_run(const RunFolder& run);

}  // namespace dplaunch
