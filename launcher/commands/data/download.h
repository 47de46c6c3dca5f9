#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>

namespace dplaunch {

/// A file in the network that is known by its checksum.
struct RemoteFile {
  std::string url;
  std::string md5;             ///< 32 lower-case hexadecimal digits
  std::int64_t max_bytes = 0;  ///< a server that sends more is not believed
};

enum class DownloadResult {
  kComplete,   ///< the file is there and has the right checksum
  kNoNetwork,  ///< no server could be reached, and nothing was received
};

/// Downloads to `path` with curl and checks the file with md5sum. Goes on from what is in `path`
/// already, and keeps what it got when it is cut, so that the next call resumes.
/// Throws Error(kData) for an answer other than success, a transfer that stays cut, and a wrong
/// checksum or more than `max_bytes` (after removing the file, so that the next call starts anew);
/// kStorage if the disk is full or something else than a file is in its place; what run_tool()
/// throws.
DownloadResult download(const RemoteFile& remote, const std::filesystem::path& path,
                        std::ostream& out);

}  // namespace dplaunch
