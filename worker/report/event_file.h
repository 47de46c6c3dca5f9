#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dplaunch {

/// Scalars for TensorBoard: an event file, that is a TFRecord file of tensorflow.Event messages
/// (tensorflow/core/util/event.proto, tensorflow/core/lib/io/record_writer). For one thread.
class EventFile {
 public:
  using Scalars = std::vector<std::pair<std::string, double>>;

  /// A new file in `folder`. Of earlier files there, TensorBoard shows nothing from step
  /// `first_step` on: a resumed run trains these steps again. Throws Error(kStorage).
  EventFile(const std::filesystem::path& folder, std::int64_t first_step);

  /// Appends and flushes. Throws Error(kStorage).
  void add(std::int64_t step, const Scalars& scalars);

 private:
  void append(std::string_view event);

  std::filesystem::path path_;
  std::ofstream file_;
};

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4) of the bytes.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace dplaunch
