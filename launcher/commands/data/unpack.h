#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace dplaunch {

/// Of the members that `tar --list` named, those that are files of a data set: at the top, or in
/// the official folder.
std::vector<std::string> set_members(const std::string& listing);

/// Unpacks the files of a data set, and nothing else, from the archive into
/// `folder`/cifar-100-binary, which it makes: whatever the archive holds, no links, devices, owners
/// or special permissions come of it, and no file of more than `max_bytes`. `folder` is an empty
/// one that nobody else can enter. Throws Error(kData) for what tar cannot unpack, and what
/// run_tool() throws.
void unpack_set(const std::filesystem::path& archive, const std::filesystem::path& folder,
                std::size_t max_bytes);

}  // namespace dplaunch
