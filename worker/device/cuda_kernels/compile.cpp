#include "worker/device/cuda_kernels/compile.h"

#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/files/read_file.h"
#include "base/fnv1a.h"
#include "common/rank_environment.h"
#include "worker/device/cuda_kernels/norm_source.h"
#include "worker/device/cuda_kernels/nvrtc.h"

namespace dplaunch::cuda_kernels {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxCodeBytes = 16 << 20;

const Nvrtc& nvrtc() {
  static const Nvrtc library;
  return library;
}

std::vector<std::string> options(const Variant& variant, const std::string& architecture) {
  return {"--gpu-architecture=" + architecture,
          std::string("-DDPLAUNCH_ELEMENT=") + (variant.is_bf16 ? "Bf16" : "float"),
          "-DDPLAUNCH_VECTOR=" + std::to_string(variant.vector), "--std=c++17",
          "--diag-suppress=177"};  // what only the other element type uses
}

/// In hexadecimal digits.
std::string digest(const std::string& text) {
  char digits[16];
  const std::uint64_t hash = fnv1a(text.data(), text.size());
  const auto end = std::to_chars(digits, digits + sizeof digits, hash, 16).ptr;
  return {digits, end};
}

std::optional<fs::path> cache_folder() {
  if (const auto cache = process_variable("XDG_CACHE_HOME"))
    return fs::path(*cache) / "dplaunch/kernels";
  if (const auto home = process_variable("HOME"))
    return fs::path(*home) / ".cache/dplaunch/kernels";
  return std::nullopt;
}

/// Under this process's own name first: another rank may be writing the same.
void keep(const fs::path& file, const std::string& code) {
  const fs::path mine = file.string() + "." + std::to_string(::getpid());
  try {
    fs::create_directories(file.parent_path());
    write_file_whole(mine, code);
    fs::rename(mine, file);
  } catch (const Error&) {  // no cache, then
  } catch (const fs::filesystem_error&) {
    std::error_code ignored;
    fs::remove(mine, ignored);
  }
}

std::optional<std::string> find(const fs::path& file) {
  try {
    return read_file(file, kMaxCodeBytes);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::string compile(const Variant& variant, const std::string& architecture) {
  return nvrtc().compile(norm_source(), "norm.cu", options(variant, architecture));
}

std::string compile_or_find(const Variant& variant, const std::string& architecture) {
  const std::optional<fs::path> folder = cache_folder();
  if (!folder) return compile(variant, architecture);
  std::string all = norm_source() + nvrtc().version();
  for (const std::string& option : options(variant, architecture)) all += option;
  const fs::path file = *folder / ("norm-" + architecture + "-" + digest(all) + ".cubin");
  if (auto code = find(file); code && !code->empty()) return *code;
  std::string code = compile(variant, architecture);
  keep(file, code);
  return code;
}

}  // namespace dplaunch::cuda_kernels
