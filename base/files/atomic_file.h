#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace dplaunch {

/// Writes bytes to the file that is being made; throws Error(kStorage) when the disk is full.
using WriteBytes = std::function<void(const void* data, std::size_t size_bytes)>;

/// Makes or replaces `path` such that after a crash at any moment either the old or the whole new
/// content is there: temporary file in the same folder, `fill` writes it, fsync, rename, fsync of
/// the folder. All of it in the folder that `path` leads into at the call, even if another takes
/// its name meanwhile. On any error the temporary file is removed, the old content stays, and
/// Error(kStorage) says which step failed. Two writers of one path must not run at once.
void write_file_atomically(const std::filesystem::path& path,
                           const std::function<void(const WriteBytes& write)>& fill);

/// The same for content that is at hand.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

/// The same for a file that need not survive a crash of the system, so that nobody waits for the
/// disk: a reader still finds the old or the whole new content, whatever becomes of this process.
void write_file_whole(const std::filesystem::path& path, std::string_view content);

/// Points the symbolic link `link` at `target` (a name in the same folder), atomically and durably.
void replace_symlink_atomically(const std::filesystem::path& link, const std::string& target);

}  // namespace dplaunch
