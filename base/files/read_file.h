#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include "base/exit_code.h"
#include "base/files/unique_fd.h"

namespace dplaunch {

// Files that others may have put there, or put something else in their place: nothing here waits
// for the writer of a FIFO, and nothing but a regular file is taken. Every error is an Error(code)
// that names the file and what the system said.

/// Opens the file for reading; no descriptor if there is none of that name.
UniqueFd open_if_there(const std::filesystem::path& path, ExitCode code = ExitCode::kStorage);

/// The same; that it is not there is an error too.
UniqueFd open_to_read(const std::filesystem::path& path, ExitCode code = ExitCode::kStorage);

/// All of the file; nullopt if there is none of that name. One that is larger than `max_bytes` is
/// an error, before memory is taken for it.
std::optional<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes,
                                     ExitCode code = ExitCode::kStorage);

/// All of what a user named to be read: a pipe or a device too (`-c <(command)`), whose writer is
/// waited for. That it is not there is an error.
std::string read_named_by_user(const std::filesystem::path& path, std::size_t max_bytes,
                               ExitCode code);

/// Up to `size_bytes` at an offset of the file, fewer only at its end: how many.
std::size_t read_at(int fd, std::size_t offset, void* to, std::size_t size_bytes,
                    const std::filesystem::path& path, ExitCode code = ExitCode::kStorage);

}  // namespace dplaunch
