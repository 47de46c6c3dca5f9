#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace dplaunch {

/// A failure as the failing rank itself saw it. The file is a superset of the JSON that
/// torchelastic's children write to TORCHELASTIC_ERROR_FILE, so that both can be read.
struct ErrorRecord {
  std::string message;
  std::string hint;               ///< what to do next, may be empty
  std::string traceback;          ///< of a Python worker, may be empty
  std::int64_t monotonic_ns = 0;  ///< when it happened; 0 if the writer did not say
  int exit_code = 1;
  bool is_consequence = false;  ///< a peer went away: never the root cause if there is another
};

/// Writes atomically. Throws Error(kStorage).
void write_error_record(const std::filesystem::path& path, const ErrorRecord& record);

/// Reads a record of ours or of torchelastic; nullopt if there is none or it is unreadable.
std::optional<ErrorRecord> read_error_record(const std::filesystem::path& path);

}  // namespace dplaunch
