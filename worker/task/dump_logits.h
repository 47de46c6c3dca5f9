#pragma once

#include <filesystem>

#include "base/exit_code.h"
#include "common/config/config.h"
#include "common/run_folder.h"

namespace dplaunch {

/// Writes the latest checkpoint's logits [n, classes] of the first test images to a safetensors
/// file, for comparison with other frameworks. Throws Error.
ExitCode dump_logits(const Config& config, const RunFolder& folder,
                     const std::filesystem::path& out);

}  // namespace dplaunch
