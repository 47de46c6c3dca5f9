#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "base/exit_code.h"

namespace dplaunch {

/// Makes pages of a MappedFile that cannot be read any more end the process with a sentence that
/// names the file, and with the file's exit code: its file was cut short, or its disk or server
/// failed. Otherwise the process is killed by SIGBUS, which says neither. Call it once, at the
/// start; `program` begins the sentence.
void explain_lost_pages(const char* program);

/// A file in memory, for as long as this object lives. Movable.
class MappedFile {
 public:
  enum class Access { kRead, kReadAndWrite };

  /// Maps the first `size_bytes` of the file, of which there are at least as many. `path` is for
  /// messages, `code` for errors and for explain_lost_pages(). Throws Error(code).
  MappedFile(int fd, std::size_t size_bytes, Access access, const std::filesystem::path& path,
             ExitCode code);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  void* data() const { return start_; }
  std::size_t size_bytes() const { return size_bytes_; }

 private:
  void* start_ = nullptr;
  std::size_t size_bytes_ = 0;
  std::size_t place_ = 0;  ///< in the table of what is mapped
};

}  // namespace dplaunch
