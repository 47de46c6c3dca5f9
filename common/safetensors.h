#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dplaunch {

/// A tensor in somebody else's memory, contiguous in row-major order, little-endian.
struct TensorView {
  std::string name;
  std::string dtype;  ///< as the format names it: "F32", "BF16", "I64", "BOOL", ...
  std::vector<std::int64_t> shape;
  const void* data = nullptr;
  std::size_t size_bytes = 0;
};

using SafetensorsMetadata = std::map<std::string, std::string>;

/// Makes or replaces `path` by write_file_atomically. Tensors are stored the widest type first (as
/// the format's reference does, so that each is aligned to its type) and then by name. Throws
/// Error(kStorage) for a tensor that does not fit its own shape, a name given twice, text that is
/// not UTF-8, and what write_file_atomically throws.
void write_safetensors(const std::filesystem::path& path, std::span<const TensorView> tensors,
                       const SafetensorsMetadata& metadata);

/// Reads what the file says of itself, but not its tensors: for one of any size it takes a moment.
/// Checks and throws as SafetensorsFile::open does.
SafetensorsMetadata read_safetensors_metadata(const std::filesystem::path& path);

/// A safetensors file (https://github.com/huggingface/safetensors), read as a whole into memory:
/// nothing that happens to the file afterwards reaches the tensors. Movable.
class SafetensorsFile {
 public:
  /// Checks every length before it is used. Throws Error(kStorage) that names the file, the tensor
  /// and the numbers; its hint is empty, since only the caller knows what else could be loaded.
  static SafetensorsFile open(const std::filesystem::path& path);

  const SafetensorsMetadata& metadata() const { return metadata_; }
  /// In the order of the file; their data lives as long as this object. Files of other writers need
  /// not be aligned: copy with memcpy.
  std::span<const TensorView> tensors() const { return tensors_; }
  /// nullptr when there is none of that name.
  const TensorView* find(std::string_view name) const;

 private:
  SafetensorsFile() = default;

  std::unique_ptr<std::byte[]> content_;
  SafetensorsMetadata metadata_;
  std::vector<TensorView> tensors_;
};

}  // namespace dplaunch
