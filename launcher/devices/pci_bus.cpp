#include "launcher/devices/pci_bus.h"

#include <algorithm>
#include <fstream>
#include <string>

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

std::string first_word(const fs::path& file) {
  std::ifstream stream(file);
  std::string word;
  stream >> word;
  return word;
}

}  // namespace

int count_gpus_on_pci_bus(const DeviceKind& kind, const fs::path& folder) {
  int count = 0;
  std::error_code error;
  for (fs::directory_iterator device(folder, error), end; !error && device != end;
       device.increment(error)) {
    if (first_word(device->path() / "vendor") != kind.pci_vendor) continue;
    const std::string pci_class = first_word(device->path() / "class");
    const auto is_begin = [&](const char* begin) { return pci_class.starts_with(begin); };
    if (std::ranges::any_of(kind.pci_classes, is_begin)) ++count;
  }
  return count;
}

}  // namespace dplaunch
