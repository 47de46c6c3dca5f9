#include "launcher/commands/doctor/file_system_space.h"

#include <cstdint>

namespace dplaunch::doctor {

std::optional<FileSystemSpace> space_of(const std::filesystem::path& folder) {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(folder, error);
  if (error) return std::nullopt;
  return FileSystemSpace{static_cast<std::int64_t>(space.capacity),
                         static_cast<std::int64_t>(space.available)};
}

}  // namespace dplaunch::doctor
