#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/safetensors.h"

namespace dplaunch {

/// The JSON header of a safetensors file, checked: what the two directions share.
struct SafetensorsHeader {
  struct Entry {
    std::string name;
    std::string dtype;
    std::vector<std::int64_t> shape;
    std::size_t begin = 0;  ///< offsets into the data behind the header
    std::size_t end = 0;
  };
  std::vector<Entry> entries;  ///< in the order of the data
  SafetensorsMetadata metadata;
};

inline constexpr std::size_t kSafetensorsLengthBytes = 8;
inline constexpr std::size_t kMaxSafetensorsHeaderBytes = 100'000'000;

/// Bytes of one element; 0 for a type that the format does not have.
std::size_t safetensors_element_bytes(std::string_view dtype);

/// Parses `json` for a file with `data_bytes` bytes behind the header. Throws Error(kStorage)
/// beginning with `file_name` unless every tensor has the size of its shape and type, and the
/// tensors cover the data exactly, without hole or overlap.
SafetensorsHeader parse_safetensors_header(std::string_view json, std::size_t data_bytes,
                                           const std::string& file_name);

/// The header as text, padded with spaces to a multiple of 8 bytes. The entries are checked as in
/// parsing.
std::string format_safetensors_header(const SafetensorsHeader& header,
                                      const std::string& file_name);

}  // namespace dplaunch
