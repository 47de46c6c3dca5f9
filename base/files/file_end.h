#pragma once

#include <cstddef>
#include <ctime>
#include <filesystem>
#include <string>

namespace dplaunch {

struct FileEnd {
  std::string text;         ///< its last bytes; empty: it is not there, or there is nothing in it
  std::time_t written = 0;  ///< when it last grew
};

/// The last `max_bytes` of a regular file, or all of it. Throws Error(kStorage).
FileEnd read_file_end(const std::filesystem::path& path, std::size_t max_bytes);

}  // namespace dplaunch
