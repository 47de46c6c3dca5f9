#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/files/unique_fd.h"
#include "launcher/process/line_prefixer.h"
#include "launcher/process/output_channel.h"
#include "launcher/process/rank_log.h"

namespace dplaunch {

class Screen;

/// Reads what one worker writes: all of it goes to its log, and line by line to the screen goes
/// standard error, and standard output where that is shown. While a screen has no room its stream
/// is not read, so that the worker waits in write().
class WorkerOutput {
 public:
  struct Options {
    std::string prefix;         ///< before each line on the screen; empty = as it is
    int rank = 0;               ///< where its progress bars stand among those of others
    bool show_stdout = true;    ///< false: standard output goes to the log only
    bool has_terminal = false;  ///< the worker writes to pseudo-terminals
    std::span<char> buffer;     ///< what is read at once; outputs of one thread may share it
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

  /// Goes on reading what waits for room on a screen that has room now.
  void resume();
  /// Reads what has come of standard error, though there may be no room for it.
  void take_errors();
  /// The worker may be waiting in write() for a screen's reader.
  bool is_held_up() const { return stdout_.is_paused || stderr_.is_paused; }

  /// Takes what is in the pipes, without waiting for their end (some process may hold it open for
  /// ever), shows the last line even if it is not whole, and says what the log lacks.
  void finish();

  /// monotonic_ns() of the latest output; 0 if there was none.
  std::int64_t last_output_ns() const { return last_output_ns_; }

  /// The last few KiB of standard error.
  std::string stderr_tail() const { return stderr_tail_; }

 private:
  struct Stream {
    Stream(boost::asio::io_context& io, OutputChannel channel, const Options& options,
           bool is_error);
    UniqueFd worker_end;
    boost::asio::posix::stream_descriptor pipe;
    boost::asio::steady_timer idle_timer;
    LinePrefixer lines;
    const int bar_slot;
    const bool is_shown;
    const bool is_error;
    bool is_paused = false;
    bool awaits_silence = false;  ///< the timer runs
    std::int64_t latest_ns = 0;
  };

  void read_on(Stream& stream);
  void take(Stream& stream, std::string_view bytes);
  void drain(Stream& stream);

  Screen* screen_of(const Stream& stream) const;
  const void* writer_of(const Stream& stream) const;
  void show(Stream& stream, std::string_view bytes);
  void show_partial_when_silent(Stream& stream);
  void show_last_line(Stream& stream);

  Screen* screen_ = nullptr;
  Screen* errors_ = nullptr;
  RankLog log_;
  Stream stdout_;
  Stream stderr_;
  std::string stderr_tail_;
  std::int64_t last_output_ns_ = 0;
  std::span<char> buffer_;
};

}  // namespace dplaunch
