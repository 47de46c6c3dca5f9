#pragma once

#include <filesystem>
#include <optional>

#include "launcher/commands/doctor/facts.h"

namespace dplaunch::doctor {

/// Of the file system that holds `folder`; nullopt if that does not exist or does not tell.
std::optional<FileSystemSpace> space_of(const std::filesystem::path& folder);

}  // namespace dplaunch::doctor
