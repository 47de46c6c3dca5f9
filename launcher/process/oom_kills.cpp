#include "launcher/process/oom_kills.h"

#include <fstream>
#include <string>

namespace dplaunch {

long count_oom_kills() {
  std::ifstream counters("/proc/vmstat");
  std::string name;
  long value = 0;
  while (counters >> name >> value) {
    if (name == "oom_kill") return value;
  }
  return -1;
}

}  // namespace dplaunch
