#pragma once

#include <string>
#include <vector>

namespace dplaunch {

/// The forms of a device string.
enum class DeviceForm {
  kAuto,  ///< the idle GPUs; the CPU on a machine without GPUs
  kAll,   ///< every GPU that this process may see
  kCpu,
  kList,  ///< the GPUs that are named
};

/// One GPU as the user called it: by its number, or by (the beginning of) its UUID.
struct DeviceName {
  int index = -1;    ///< -1 if it is named by its UUID
  std::string uuid;  ///< "GPU-..." or "MIG-...", maybe only its beginning

  bool operator==(const DeviceName&) const = default;
};

/// A device string, understood but not yet compared with what the machine has.
struct DeviceRequest {
  std::string text;  ///< as the user wrote it, for messages
  DeviceForm form = DeviceForm::kAuto;
  int count = 0;                     ///< of "cpu:N" and "auto:N"; 0 = not given
  std::vector<DeviceName> included;  ///< of kList, in the order given
  std::vector<DeviceName> excluded;  ///< of kList and kAll
};

/// The grammar:
///
///     auto | auto:N | all | cpu | cpu:N | part,part,...
///     part: 3 | 0-3 | GPU-<uuid> | MIG-<uuid> | !part | all
///
/// A UUID may be cut short as long as it stays unambiguous; "!" takes away what the rest of the
/// list named. Throws Error(kDevice) saying which part is wrong and what is allowed.
DeviceRequest parse_device_string(const std::string& text);

}  // namespace dplaunch
