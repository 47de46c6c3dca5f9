#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/config/load_config.h"
#include "common/safetensors.h"

namespace dplaunch {

/// What a checkpoint says of itself. Throws Error(kStorage) if it is damaged or cannot be read.
SafetensorsMetadata checkpoint_metadata(const std::filesystem::path& file);

/// The value of `key` there. Throws Error(kStorage) if there is none: it is no checkpoint.
std::string metadata_value(const SafetensorsMetadata& metadata, const std::string& key,
                           const std::filesystem::path& file);

/// The configuration that a checkpoint was trained with, and the overrides on top. Throws
/// Error(kUsage) for these, Error(kStorage) as above and for overrides that make another model.
ResolvedConfig checkpoint_config(const std::filesystem::path& file,
                                 const std::vector<Override>& overrides);

/// What to do about a file that is damaged.
inline constexpr char kDamagedHint[] = "name another checkpoint, for example an earlier one";

}  // namespace dplaunch
