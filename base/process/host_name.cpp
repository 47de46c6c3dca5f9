#include "base/process/host_name.h"

#include <unistd.h>

#include <array>

namespace dplaunch {

std::string host_name() {
  std::array<char, 256> name{};  // gethostname() need not end a name that it cuts
  const bool is_known = ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0';
  return is_known ? name.data() : "unknown";
}

std::string short_host_name(const std::string& name) {
  return name.substr(0, name.find('.'));
}

}  // namespace dplaunch
