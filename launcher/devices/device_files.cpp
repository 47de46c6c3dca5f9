#include "launcher/devices/device_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace dplaunch {

std::string forbidden_device_file(std::initializer_list<const char*> names,
                                  const std::filesystem::path& folder) {
  for (const char* name : names) {
    const std::filesystem::path file = folder / name;
    if (::faccessat(AT_FDCWD, file.c_str(), R_OK | W_OK, AT_EACCESS) == 0) continue;
    if (errno == EACCES || errno == EPERM) return file;
  }
  return {};
}

}  // namespace dplaunch
