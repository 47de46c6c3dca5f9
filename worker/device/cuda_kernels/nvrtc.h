#pragma once

#include <nvrtc.h>

#include <memory>
#include <string>
#include <vector>

namespace dplaunch::cuda_kernels {

/// CUDA's compiler library, loaded when it is first wanted: a training without these kernels does
/// without it.
class Nvrtc {
 public:
  /// Throws Error(kDevice) if it cannot be loaded.
  Nvrtc();

  /// "13.0"
  std::string version() const;
  /// Returns the machine code of the source; throws Error(kDevice) with the compiler's log.
  std::string compile(const std::string& source, const std::string& name,
                      const std::vector<std::string>& options) const;

 private:
  struct Close {
    void operator()(void* library) const;
  };
  std::unique_ptr<void, Close> builtins_, library_;
  decltype(&nvrtcVersion) version_ = nullptr;
  decltype(&nvrtcCreateProgram) create_program_ = nullptr;
  decltype(&nvrtcDestroyProgram) destroy_program_ = nullptr;
  decltype(&nvrtcCompileProgram) compile_program_ = nullptr;
  decltype(&nvrtcGetProgramLogSize) get_log_size_ = nullptr;
  decltype(&nvrtcGetProgramLog) get_log_ = nullptr;
  decltype(&nvrtcGetCUBINSize) get_cubin_size_ = nullptr;
  decltype(&nvrtcGetCUBIN) get_cubin_ = nullptr;
};

}  // namespace dplaunch::cuda_kernels
