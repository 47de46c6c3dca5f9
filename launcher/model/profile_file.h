#pragma once

#include <filesystem>
#include <string>

#include "launcher/model/profile.h"

namespace dplaunch {

// A profile as a JSON object with format_version, for `dplaunch simulate --profile`. Written and
// read here. Seconds and bytes; each input with its origin ("measured", "given", "fitted",
// "default").

std::string to_json_text(const Profile& profile);

/// Replaces the file. Throws Error(kStorage).
void write_profile(const std::filesystem::path& file, const Profile& profile);

/// The profile that a text is; `name` is the file's, for messages. What is absent is unknown.
/// Throws Error(kUsage) for what is no profile (a number that is negative or none, a list that
/// should not be empty), and Error(kStorage) for one of a newer dplaunch.
Profile parse_profile(const std::string& text, const std::filesystem::path& name);

/// Throws as parse_profile(), and Error(kUsage) if the file cannot be read.
Profile read_profile(const std::filesystem::path& file);

}  // namespace dplaunch
