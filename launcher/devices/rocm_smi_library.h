#pragma once

#include <string>

#include "launcher/devices/loaded_library.h"
#include "launcher/devices/rocm_smi_types.h"

namespace dplaunch {

/// AMD's management library, loaded and initialised if it is there; shut down and unloaded at the
/// end of its life. The environment variable DPLAUNCH_ROCM_SMI_LIBRARY names another file than
/// those that ROCm installs.
class RocmSmiLibrary {
 public:
  RocmSmiLibrary();
  RocmSmiLibrary(const RocmSmiLibrary&) = delete;
  RocmSmiLibrary& operator=(const RocmSmiLibrary&) = delete;
  ~RocmSmiLibrary();

  /// A driver is there, whether it works or not: the kernel's, or somebody named a library. The
  /// library alone comes with other programs too.
  bool has_driver() const { return has_driver_; }
  /// Why it cannot be used: it is not there, too old, or it does not answer. Empty if it can.
  const std::string& problem() const { return problem_; }
  /// To be called only without a problem(), and only during this object's life.
  const rocm_smi::Functions& functions() const { return functions_; }
  /// "Permission Denied"
  std::string words_of(rocm_smi::Return code) const;

 private:
  LoadedLibrary library_;
  rocm_smi::Functions functions_{};
  std::string problem_;
  bool has_driver_ = false;
};

}  // namespace dplaunch
