#include "base/files/temporary_folder.h"

#include <stdlib.h>

#include <cerrno>

#include "base/error.h"

namespace dplaunch {
namespace {

constexpr char kFolderHint[] = "set TMPDIR to a folder that can be written";

}  // namespace

TemporaryFolder::TemporaryFolder(const std::string& stem) {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
  if (error) {
    throw Error(ExitCode::kStorage, "TMPDIR: no folder for temporary files: " + error.message(),
                kFolderHint);
  }
  std::string name = (parent / (stem + "-XXXXXX")).string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw system_error(ExitCode::kStorage, parent.string() + ": cannot make a folder in it", errno,
                       kFolderHint);
  }
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  if (is_kept_) return;
  std::error_code ignored;  // The system clears its temporary files in the end.
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace dplaunch
