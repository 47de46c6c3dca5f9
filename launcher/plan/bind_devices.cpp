#include "launcher/plan/bind_devices.h"

#include "base/process/usable_cores.h"
#include "launcher/affinity/bind_ranks.h"

namespace dplaunch {

JobBinding bind_devices(const DeviceSelection& devices, Bind bind) {
  BindRequest request;
  request.bind = bind;
  request.gpus.resize(static_cast<std::size_t>(devices.processes()));
  for (std::size_t rank = 0; rank < devices.gpus.size(); ++rank) {
    request.gpus[rank] = devices.gpus[rank].pci_bus_id;
  }
  request.allowed_cpus = allowed_cpus();
  request.usable_cores = usable_cores();
  return bind_on_this_machine(request);
}

}  // namespace dplaunch
