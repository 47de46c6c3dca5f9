#include "base/process/surroundings.h"

#include <fmt/core.h>
#include <unistd.h>

#include "base/error.h"

namespace dplaunch {

namespace fs = std::filesystem;

void require_working_folder(const fs::path& path) {
  if (path.is_absolute()) return;
  std::error_code error;
  const bool is_there = !fs::current_path(error).empty();
  if (is_there || error != std::errc::no_such_file_or_directory) return;
  throw Error(
      ExitCode::kStorage,
      fmt::format("{}: the folder that this shell works in has been removed", path.string()),
      "change to one that is there (cd \"$PWD\", if it was made again), or give paths that "
      "begin with /");
}

bool has_proc() {
  return ::access("/proc/self/stat", R_OK) == 0;
}

}  // namespace dplaunch
