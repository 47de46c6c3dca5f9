#include "launcher/devices/pci_bus.h"

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
    const bool is_kind = first_word(device->path() / "vendor") == kind.pci_vendor;
    // PCI class 0x03 is a display or 3D controller.
    if (is_kind && first_word(device->path() / "class").starts_with("0x03")) ++count;
  }
  return count;
}

}  // namespace dplaunch
