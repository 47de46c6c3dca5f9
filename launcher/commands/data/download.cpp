#include "launcher/commands/data/download.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <sstream>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/files/read_file.h"
#include "launcher/commands/data/run_tool.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

// What curl exits with (see its manual page).
constexpr int kCurlProxyNotResolved = 5;
constexpr int kCurlHostNotResolved = 6;
constexpr int kCurlNotConnected = 7;
constexpr int kCurlPartialFile = 18;
constexpr int kCurlHttpError = 22;
constexpr int kCurlWriteError = 23;
constexpr int kCurlTimeout = 28;
constexpr int kCurlNoRanges = 33;
constexpr int kCurlNothingReceived = 52;
constexpr int kCurlReceiveError = 56;
constexpr int kCurlTooLarge = 63;

constexpr int kHttpRangeNotSatisfiable = 416;

constexpr char kHint[] =
    "run it again to go on from what is there; --url URL names a mirror, --synthetic makes a set "
    "that only looks like it";

struct Transfer {
  int curl_code = 0;
  int http_code = 0;  ///< 0: no server answered
};

std::int64_t bytes_of(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  return error ? 0 : static_cast<std::int64_t>(size);
}

bool is_one_of(int code, std::initializer_list<int> codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

Transfer transfer(const RemoteFile& remote, const fs::path& path) {
  // Forty characters a second of progress bar are of no use in a log file.
  const char* progress = ::isatty(STDERR_FILENO) != 0 ? "--progress-bar" : "--silent";
  // --max-filesize refuses what a server announces; of one that announces nothing the first byte
  // too much is an error of the write.
  const std::string max_bytes = std::to_string(remote.max_bytes);
  const ToolResult result =
      run_tool({"curl",
                "--fail",
                "--location",
                "--globoff",
                progress,
                "--show-error",
                "--connect-timeout",
                "20",
                "--speed-limit",
                "1",
                "--speed-time",
                "60",
                "--max-filesize",
                max_bytes,
                "--continue-at",
                "-",
                "--output",
                path.string(),
                "--write-out",
                "%{http_code}",
                "--url",
                remote.url},
               {.max_file_bytes = static_cast<std::size_t>(remote.max_bytes)});
  Transfer done{result.exit_code, 0};
  std::istringstream(result.output) >> done.http_code;
  return done;
}

/// Whether nobody answered: without a name server, a route, or a proxy that lets us through.
bool found_no_server(const Transfer& done) {
  return is_one_of(done.curl_code,
                   {kCurlProxyNotResolved, kCurlHostNotResolved, kCurlNotConnected}) ||
         (is_one_of(done.curl_code, {kCurlTimeout, kCurlReceiveError}) && done.http_code == 0);
}

bool was_cut(const Transfer& done) {
  return found_no_server(done) ||
         is_one_of(done.curl_code,
                   {kCurlPartialFile, kCurlTimeout, kCurlNothingReceived, kCurlReceiveError});
}

/// The server has nothing after our bytes, or cannot start in the middle.
bool cannot_resume(const Transfer& done) {
  return done.curl_code == kCurlNoRanges || done.http_code == kHttpRangeNotSatisfiable;
}

[[noreturn]] void throw_failed(const Transfer& done, const RemoteFile& remote,
                               const fs::path& path) {
  if (done.curl_code == kCurlHttpError) {
    throw Error(ExitCode::kData,
                fmt::format("{}: the server answered {}", remote.url, done.http_code), kHint);
  }
  if (done.curl_code == kCurlTooLarge ||
      (done.curl_code == kCurlWriteError && bytes_of(path) >= remote.max_bytes)) {
    fs::remove(path);
    throw Error(ExitCode::kData,
                fmt::format("{}: sends more than {} bytes, which no archive of the set has",
                            remote.url, remote.max_bytes),
                "what came was removed; name the set's archive with --url URL");
  }
  if (done.curl_code == kCurlWriteError) {
    throw Error(ExitCode::kStorage,
                fmt::format("{}: cannot be written after {} bytes (curl exit code 23): is the disk "
                            "full?",
                            path.string(), bytes_of(path)),
                "make room (0.4 GB in all), then run it again");
  }
  const char* what = was_cut(done) ? "the transfer was cut" : "the download failed";
  throw Error(ExitCode::kData,
              fmt::format("{}: {} (curl exit code {}) with {} bytes in {}", remote.url, what,
                          done.curl_code, bytes_of(path), path.string()),
              kHint);
}

std::string md5_of(const fs::path& path) {
  const ToolResult result = run_tool({"md5sum", "--", path.string()});
  if (result.exit_code != 0) {
    throw Error(ExitCode::kStorage, path.string() + ": md5sum cannot read it");
  }
  // A leading backslash says that the name after the sum has escaped characters.
  const std::size_t begin = result.output.starts_with('\\') ? 1 : 0;
  return result.output.substr(begin, 32);
}

[[noreturn]] void throw_wrong_sum(const RemoteFile& remote, const std::string& found,
                                  std::int64_t size_bytes) {
  throw Error(ExitCode::kData,
              fmt::format("{}: wrong md5 of the {} bytes received: expected {}, found {}",
                          remote.url, size_bytes, remote.md5, found),
              "they were removed, so that the next try starts anew; for another archive give its "
              "--md5");
}

/// Receives until the server says that it was all; false if there is no server.
bool receive(const RemoteFile& remote, const fs::path& path, std::ostream& out) {
  const std::int64_t size_at_start = bytes_of(path);
  bool may_start_anew = true;  // once: a server that cuts and cannot resume would never end
  for (;;) {
    const std::int64_t size_before = bytes_of(path);
    if (size_before > 0) out << "going on after " << size_before << " bytes" << std::endl;
    const Transfer done = transfer(remote, path);
    if (done.curl_code == 0) return true;
    if (size_before > 0 && cannot_resume(done) && std::exchange(may_start_anew, false)) {
      out << "the server cannot go on from there: starting anew" << std::endl;
      fs::remove(path);
      continue;
    }
    const std::int64_t size_now = bytes_of(path);
    if (found_no_server(done) && size_now == size_at_start) return false;
    // As long as each attempt gets us further there will be an end.
    if (!was_cut(done) || size_now <= size_before) throw_failed(done, remote, path);
  }
}

}  // namespace

DownloadResult download(const RemoteFile& remote, const fs::path& path, std::ostream& out) {
  open_if_there(path);  // a FIFO in its place would be waited for without end
  bool is_resumed = bytes_of(path) > 0;
  if (is_resumed && md5_of(path) == remote.md5) return DownloadResult::kComplete;
  for (;;) {
    if (!receive(remote, path, out)) return DownloadResult::kNoNetwork;
    const std::string found = md5_of(path);
    if (found == remote.md5) return DownloadResult::kComplete;
    const std::int64_t size_bytes = bytes_of(path);
    fs::remove(path);
    if (!is_resumed) throw_wrong_sum(remote, found, size_bytes);
    out << "wrong md5: the bytes of an earlier try are not of this archive; starting anew"
        << std::endl;
    is_resumed = false;
  }
}

}  // namespace dplaunch
