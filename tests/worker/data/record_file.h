#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "common/data_set.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch::testing {

/// The pixel that sample_records() gives to (index, position).
inline std::uint8_t sample_pixel(std::int64_t index, std::int64_t position) {
  return static_cast<std::uint8_t>((index * 131 + position * 7 + position / 32) % 256);
}

/// Bytes of a file with `count` records: fine label index % 100, coarse label index % 20.
inline std::vector<char> sample_records(std::int64_t count) {
  std::vector<char> bytes;
  bytes.reserve(static_cast<std::size_t>(count * cifar100::kRecordBytes));
  for (std::int64_t index = 0; index < count; ++index) {
    bytes.push_back(static_cast<char>(index % cifar100::kCoarseClasses));
    bytes.push_back(static_cast<char>(index % cifar100::kClasses));
    for (std::int64_t position = 0; position < cifar100::kImageBytes; ++position) {
      bytes.push_back(static_cast<char>(sample_pixel(index, position)));
    }
  }
  return bytes;
}

inline std::filesystem::path write_records(const TemporaryFolder& folder,
                                           const std::vector<char>& bytes) {
  const auto path = folder.path() / "train.bin";
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return path;
}

}  // namespace dplaunch::testing
