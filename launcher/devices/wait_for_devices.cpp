#include "launcher/devices/wait_for_devices.h"

#include <ostream>
#include <thread>

namespace dplaunch {

DeviceSelection wait_for_devices(const DeviceRequest& request, MachineDevices& machine,
                                 IfBusy if_busy, std::ostream& out,
                                 std::chrono::milliseconds period) {
  using Clock = std::chrono::steady_clock;
  DeviceSelection selection = select_devices(request, machine, if_busy);
  if (selection.waits_for.empty()) return selection;
  out << "dplaunch: waiting (Ctrl-C ends it) until idle: " << selection.waits_for << std::endl;
  const Clock::time_point begin = Clock::now();
  while (!selection.waits_for.empty()) {
    std::this_thread::sleep_for(period);
    machine.probe = probe_gpus();
    selection = select_devices(request, machine, if_busy);
  }
  const auto waited = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begin);
  out << "dplaunch: idle now, after " << waited.count() << " s" << std::endl;
  return selection;
}

}  // namespace dplaunch
