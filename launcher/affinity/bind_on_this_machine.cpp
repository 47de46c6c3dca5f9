#include "launcher/affinity/bind_on_this_machine.h"

#include <stdlib.h>

#include <algorithm>
#include <fstream>

#include "base/error.h"
#include "launcher/affinity/load_topology.h"

namespace dplaunch {
namespace {

/// Where the firmware hides the nodes from the kernel, hwloc can be given the true topology.
bool is_hwloc_told_the_topology() {
  return ::getenv("HWLOC_XMLFILE") != nullptr || ::getenv("HWLOC_SYNTHETIC") != nullptr;
}

/// hwloc's discovery takes milliseconds, this none. A kernel without NUMA has no such file.
bool has_one_numa_node() {
  std::ifstream file("/sys/devices/system/node/online");
  std::string nodes;
  std::getline(file, nodes);
  return nodes.find_first_of(",-") == std::string::npos;
}

bool can_bind(const BindRequest& request) {
  if (request.bind == Bind::kNone) return false;
  return request.bind != Bind::kNuma || is_hwloc_told_the_topology() || !has_one_numa_node();
}

PciDevices needed_devices(const BindRequest& request) {
  const bool has_gpus = std::any_of(request.gpus.begin(), request.gpus.end(),
                                    [](const auto& gpu) { return gpu.has_value(); });
  return has_gpus ? PciDevices::kInclude : PciDevices::kLeaveOut;
}

}  // namespace

JobBinding bind_on_this_machine(const BindRequest& request) {
  if (!can_bind(request)) return bind_nothing(request);
  try {
    return bind_ranks(load_topology(needed_devices(request)).get(), request);
  } catch (const Error& error) {
    JobBinding unbound = bind_nothing(request);
    unbound.notes.push_back(std::string("warning: not bound to cores: ") + error.what());
    return unbound;
  }
}

}  // namespace dplaunch
