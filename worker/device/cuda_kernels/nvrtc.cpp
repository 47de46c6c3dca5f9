#include "worker/device/cuda_kernels/nvrtc.h"

#include <cuda_runtime_api.h>
#include <dlfcn.h>

#include "base/error.h"

namespace dplaunch::cuda_kernels {
namespace {

constexpr char kHint[] = "fused_norm: off does without it";

/// Of the CUDA that this was built with. It lies beside the CUDA runtime, which the worker links.
std::string library_name() {
  return "libnvrtc.so." + std::to_string(CUDART_VERSION / 1000);
}

/// What that library loads when it compiles, by this name alone, from where the system has
/// libraries: found here, as this program finds its own, it is there already.
std::string builtins_name() {
  return "libnvrtc-builtins.so." + std::to_string(CUDART_VERSION / 1000) + "." +
         std::to_string(CUDART_VERSION % 1000 / 10);
}

std::string loader_message() {
  const char* message = ::dlerror();
  return message != nullptr ? message : "unknown error";
}

}  // namespace

void Nvrtc::Close::operator()(void* library) const {
  ::dlclose(library);
}

Nvrtc::Nvrtc()
    : builtins_(::dlopen(builtins_name().c_str(), RTLD_NOW | RTLD_LOCAL)),
      library_(::dlopen(library_name().c_str(), RTLD_NOW | RTLD_LOCAL)) {
  if (!library_) {
    throw Error(ExitCode::kDevice, "cannot load CUDA's compiler: " + loader_message(), kHint);
  }
  const auto find = [&](const char* name, auto& function) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(
        ::dlsym(library_.get(), name));
    if (function != nullptr) return;
    throw Error(ExitCode::kDevice, library_name() + " has no " + name, kHint);
  };
  find("nvrtcVersion", version_);
  find("nvrtcCreateProgram", create_program_);
  find("nvrtcDestroyProgram", destroy_program_);
  find("nvrtcCompileProgram", compile_program_);
  find("nvrtcGetProgramLogSize", get_log_size_);
  find("nvrtcGetProgramLog", get_log_);
  find("nvrtcGetCUBINSize", get_cubin_size_);
  find("nvrtcGetCUBIN", get_cubin_);
}

std::string Nvrtc::version() const {
  int major = 0;
  int minor = 0;
  version_(&major, &minor);
  return std::to_string(major) + "." + std::to_string(minor);
}

std::string Nvrtc::compile(const std::string& source, const std::string& name,
                           const std::vector<std::string>& options) const {
  nvrtcProgram program = nullptr;
  if (create_program_(&program, source.c_str(), name.c_str(), 0, nullptr, nullptr) !=
      NVRTC_SUCCESS) {
    throw Error(ExitCode::kDevice, library_name() + " cannot take " + name, kHint);
  }
  const auto destroy = [this](nvrtcProgram* used) { destroy_program_(used); };
  const std::unique_ptr<nvrtcProgram, decltype(destroy)> owner(&program, destroy);
  std::vector<const char*> words;
  for (const std::string& option : options) words.push_back(option.c_str());
  const nvrtcResult result =
      compile_program_(program, static_cast<int>(words.size()), words.data());
  std::size_t size_bytes = 0;
  if (result != NVRTC_SUCCESS) {
    get_log_size_(program, &size_bytes);
    std::string log(size_bytes, '\0');
    get_log_(program, log.data());
    throw Error(ExitCode::kDevice,
                name + " for " + options.front() + ": error " + std::to_string(result) +
                    " of NVRTC " + version() + ": " + log.c_str(),
                kHint);
  }
  get_cubin_size_(program, &size_bytes);
  std::string code(size_bytes, '\0');
  if (get_cubin_(program, code.data()) != NVRTC_SUCCESS || code.empty()) {
    throw Error(ExitCode::kDevice, name + ": NVRTC " + version() + " made no machine code", kHint);
  }
  return code;
}

}  // namespace dplaunch::cuda_kernels
