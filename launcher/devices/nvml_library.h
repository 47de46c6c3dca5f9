#pragma once

#include <filesystem>
#include <memory>
#include <string>

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
  bool is_there() const { return is_there_; }
  /// Why it cannot be used: it is not there, too old, or the driver does not answer. Empty if it
  /// can.
  const std::string& problem() const { return problem_; }
  /// To be called only without a problem(), and only during this object's life.
  const nvml::Functions& functions() const { return functions_; }

 private:
  struct Close {
    void operator()(void* library) const;
  };

  std::unique_ptr<void, Close> library_;
  nvml::Functions functions_{};
  std::string problem_;
  bool is_there_ = true;
};

/// The first of the driver's device files that this user may not open; empty if there is none.
std::string forbidden_device_file(const std::filesystem::path& folder = "/dev");

}  // namespace dplaunch
