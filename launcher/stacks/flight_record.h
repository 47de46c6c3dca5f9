#pragma once

#include <ctime>
#include <optional>
#include <string_view>
#include <vector>

#include "launcher/stacks/stack.h"

namespace dplaunch {

/// Adds the last collective of each rank of which there is a record of PyTorch's flight recorder
/// (torch/csrc/distributed/c10d/FlightRecorder.hpp), not older than the attempt that began at
/// `since`. NCCL's watchdog writes one when a collective times out, to TORCH_FR_DUMP_TEMP_FILE and
/// the rank's number; a rank that has TORCH_NCCL_DEBUG_INFO_PIPE_FILE in its environment is asked
/// for a new one, which takes it about a second (DumpPipe in ProcessGroupNCCL.hpp).
void add_last_collectives(std::vector<RankStack>& stacks, std::time_t since);

/// The last collective in such a record, which may be anything.
std::optional<LastCollective> last_collective_in(std::string_view record);

}  // namespace dplaunch
