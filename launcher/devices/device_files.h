#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>

namespace dplaunch {

/// The first of a driver's device files that this user may not read and write; empty if there is
/// none. A file that is not there is none of these.
std::string forbidden_device_file(std::initializer_list<const char*> names,
                                  const std::filesystem::path& folder = "/dev");

}  // namespace dplaunch
