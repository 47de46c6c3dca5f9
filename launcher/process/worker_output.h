#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/files/unique_fd.h"
#include "launcher/process/line_prefixer.h"
#include "launcher/process/rank_log.h"

namespace dplaunch {

class Screen;

/// Reads what one worker writes: all of it goes to its log, and line by line to the screen goes
/// standard error, and standard output where that is shown.
class WorkerOutput {
 public:
  struct Options {
    std::string prefix;       ///< before each line on the screen; empty = as it is
    bool show_stdout = true;  ///< false: standard output goes to the log only
  };

  WorkerOutput(boost::asio::io_context& io, Options options, RankLog log);
  WorkerOutput(const WorkerOutput&) = delete;
  WorkerOutput& operator=(const WorkerOutput&) = delete;

  /// The ends that the worker writes to; close them once it is started.
  int stdout_fd() const { return stdout_.worker_end.get(); }
  int stderr_fd() const { return stderr_.worker_end.get(); }
  void close_worker_ends();

  /// Reads from now on, from `io`'s handlers, until the end of each pipe. Standard output is shown
  /// on `screen`, standard error on `errors`, which may be the same; both must outlive the reading.
  void start(Screen& screen, Screen& errors);

  /// Takes what is in the pipes, without waiting for their end (some process may hold it open for
  /// ever), and shows the last line even if it is not whole.
  void finish();

  /// monotonic_ns() of the latest output; 0 if there was none.
  std::int64_t last_output_ns() const { return last_output_ns_; }

  /// The last few KiB of standard error.
  std::string stderr_tail() const { return stderr_tail_; }

 private:
  struct Stream {
    Stream(boost::asio::io_context& io, std::string prefix, bool is_shown, bool is_error);
    UniqueFd worker_end;
    boost::asio::posix::stream_descriptor pipe;
    LinePrefixer lines;
    const bool is_shown;
    const bool is_error;
  };

  void read_on(Stream& stream);
  void take(Stream& stream, std::string_view bytes);
  void drain(Stream& stream);

  void show(const Stream& stream, std::string_view text);

  Screen* screen_ = nullptr;
  Screen* errors_ = nullptr;
  RankLog log_;
  Stream stdout_;
  Stream stderr_;
  std::string stderr_tail_;
  std::int64_t last_output_ns_ = 0;
  std::vector<char> buffer_;
};

}  // namespace dplaunch
