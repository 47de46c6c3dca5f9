#pragma once

#include <string>

#include "launcher/devices/loaded_library.h"
#include "launcher/devices/nvml_types.h"

namespace dplaunch {

/// NVIDIA's driver library, loaded and initialised if it is there; shut down and unloaded at the
/// end of its life. The environment variable DPLAUNCH_NVML_LIBRARY names another file than
/// libnvidia-ml.so.1. NVML counts its users: several of these may live side by side.
class NvmlLibrary {
 public:
  NvmlLibrary();
  NvmlLibrary(const NvmlLibrary&) = delete;
  NvmlLibrary& operator=(const NvmlLibrary&) = delete;
  ~NvmlLibrary();

  /// The file is there, whether it works or not.
  bool is_there() const { return library_.is_there(); }
  /// Why it cannot be used: it is not there, too old, or the driver does not answer. Empty if it
  /// can.
  const std::string& problem() const { return problem_; }
  /// To be called only without a problem(), and only during this object's life.
  const nvml::Functions& functions() const { return functions_; }

 private:
  LoadedLibrary library_;
  nvml::Functions functions_{};
  std::string problem_;
};

}  // namespace dplaunch
