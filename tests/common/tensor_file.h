#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"
#include "common/safetensors.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch::testing {

inline std::string bytes_of(const TensorView& tensor) {
  return {static_cast<const char*>(tensor.data), tensor.size_bytes};
}

/// A safetensors file of this header and data, true or not.
inline std::string file_of(std::string_view header, std::string_view data) {
  const std::uint64_t length = header.size();
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes.append(header).append(data);
}

/// The error of opening `path`, without the path in front; "no error" if it opens.
inline std::string message_of_opening(const std::filesystem::path& path) {
  try {
    const auto file = SafetensorsFile::open(path);
    return "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kStorage);
    const std::string message = error.what();
    EXPECT_TRUE(message.starts_with(path.string() + ": ")) << message;
    return message.substr(std::min(message.size(), path.string().size() + 2));
  }
}

}  // namespace dplaunch::testing
