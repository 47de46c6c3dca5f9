#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace dplaunch {

/// Cuts a stream of bytes into lines and puts a prefix before each. A carriage return ends a line
/// too (progress bars); a line that grows beyond `kMaxLineBytes` is cut.
class LinePrefixer {
 public:
  static constexpr std::size_t kMaxLineBytes = 16384;

  /// An empty prefix passes everything through at once, as it is.
  explicit LinePrefixer(std::string prefix) : prefix_(std::move(prefix)) {}

  /// The lines that `bytes` completes, ready to be shown.
  std::string add(std::string_view bytes);
  /// What is left without a line end; a line end is added.
  std::string finish();

 private:
  std::string prefix_;
  std::string partial_;
};

}  // namespace dplaunch
