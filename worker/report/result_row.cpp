#include "worker/report/result_row.h"

namespace dplaunch {

std::string result_row(const std::string& name, const std::string& value) {
  constexpr std::size_t kNameWidth = 18;
  return "  " + name + std::string(name.size() < kNameWidth ? kNameWidth - name.size() : 1, ' ') +
         value + "\n";
}

}  // namespace dplaunch
