#include "launcher/affinity/load_topology.h"

#include <hwloc.h>
#include <stdlib.h>

#include <cerrno>

#include "base/error.h"

namespace dplaunch {
namespace {

constexpr char kPluginsPath[] = "HWLOC_PLUGINS_PATH";

/// hwloc would load its plugins for OpenCL, CUDA and X11, which are asked nothing here and cost the
/// start more than the rest of the discovery. Only a path that is no folder keeps it from that.
class WithoutPlugins {
 public:
  WithoutPlugins() : is_ours_(::getenv(kPluginsPath) == nullptr) {
    if (is_ours_) ::setenv(kPluginsPath, "/dev/null", /*overwrite=*/1);
  }
  ~WithoutPlugins() {
    if (is_ours_) ::unsetenv(kPluginsPath);
  }
  WithoutPlugins(const WithoutPlugins&) = delete;
  WithoutPlugins& operator=(const WithoutPlugins&) = delete;

 private:
  bool is_ours_;
};

TopologyPtr new_topology() {
  hwloc_topology_t topology = nullptr;
  if (hwloc_topology_init(&topology) != 0) {
    throw system_error(ExitCode::kFailure, "hwloc cannot be initialised", errno);
  }
  return TopologyPtr(topology);
}

void ask_only_for_cores(hwloc_topology* topology, PciDevices devices) {
  // Not those of packages and groups too: hwloc would lose which CPUs a NUMA node is near.
  hwloc_topology_set_cache_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_NONE);
  hwloc_topology_set_icache_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_NONE);
  hwloc_topology_set_io_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_NONE);
  hwloc_topology_set_type_filter(topology, HWLOC_OBJ_CORE, HWLOC_TYPE_FILTER_KEEP_ALL);
  if (devices == PciDevices::kInclude) {
    hwloc_topology_set_type_filter(topology, HWLOC_OBJ_PCI_DEVICE,
                                   HWLOC_TYPE_FILTER_KEEP_IMPORTANT);
  }
  hwloc_topology_set_flags(
      topology, HWLOC_TOPOLOGY_FLAG_DONT_CHANGE_BINDING | HWLOC_TOPOLOGY_FLAG_NO_DISTANCES |
                    HWLOC_TOPOLOGY_FLAG_NO_MEMATTRS | HWLOC_TOPOLOGY_FLAG_NO_CPUKINDS);
}

}  // namespace

void TopologyDestroyer::operator()(hwloc_topology* topology) const {
  hwloc_topology_destroy(topology);
}

TopologyPtr load_topology(PciDevices devices) {
  const WithoutPlugins without_plugins;
  TopologyPtr topology = new_topology();
  ask_only_for_cores(topology.get(), devices);
  if (hwloc_topology_load(topology.get()) != 0) {
    throw system_error(ExitCode::kFailure, "hwloc cannot read this machine's topology", errno);
  }
  return topology;
}

}  // namespace dplaunch
