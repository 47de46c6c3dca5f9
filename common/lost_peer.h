#pragma once

#include <string_view>

namespace dplaunch {

/// Whether a message of Gloo, NCCL or c10d's store says that another rank is gone or does not
/// answer: then it is a consequence of that rank's failure, not a failure of its own.
bool says_peer_is_lost(std::string_view message);

}  // namespace dplaunch
