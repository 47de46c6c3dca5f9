#include "base/files/file_end.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/files/read_file.h"

namespace dplaunch {

FileEnd read_file_end(const std::filesystem::path& path, std::size_t max_bytes) {
  const UniqueFd file = open_if_there(path);
  struct stat info {};
  if (!file || ::fstat(file.get(), &info) != 0 || info.st_size <= 0) return {};
  const auto size_bytes = static_cast<std::size_t>(info.st_size);
  FileEnd end{std::string(std::min(max_bytes, size_bytes), '\0'), info.st_mtim.tv_sec};
  const std::size_t offset = size_bytes - end.text.size();
  end.text.resize(read_at(file.get(), offset, end.text.data(), end.text.size(), path));
  return end;
}

}  // namespace dplaunch
