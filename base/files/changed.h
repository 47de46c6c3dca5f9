#pragma once

#include <cstdint>
#include <filesystem>

namespace dplaunch {

/// When the file last changed, as monotonic_ns() has it; 0: it is not there. The system's clock may
/// have been set since: never later than now.
std::int64_t changed_ns(const std::filesystem::path& file);

}  // namespace dplaunch
