#include "launcher/process/worker_output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/error.h"
#include "base/monotonic_clock.h"
#include "launcher/process/screen.h"

namespace dplaunch {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kReadBytes = 65536;
constexpr std::size_t kTailBytes = 4096;
// A pipe holds no more than this; whatever comes after it is from a process that writes for ever.
constexpr std::size_t kMaxDrainedBytes = 2 << 20;

}  // namespace

WorkerOutput::Stream::Stream(asio::io_context& io, std::string prefix, bool shown, bool error)
    : pipe(io), lines(std::move(prefix)), is_shown(shown), is_error(error) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw system_error(ExitCode::kFailure, "cannot make a pipe for a worker's output", errno);
  }
  worker_end.reset(ends[1]);
  pipe.assign(ends[0]);
  pipe.non_blocking(true);
}

WorkerOutput::WorkerOutput(asio::io_context& io, Options options, RankLog log)
    : log_(std::move(log)),
      stdout_(io, options.prefix, options.show_stdout, false),
      stderr_(io, options.prefix, true, true),
      buffer_(kReadBytes) {}

void WorkerOutput::close_worker_ends() {
  stdout_.worker_end.reset();
  stderr_.worker_end.reset();
}

void WorkerOutput::start(Screen& screen, Screen& errors) {
  screen_ = &screen;
  errors_ = &errors;
  read_on(stdout_);
  read_on(stderr_);
}

void WorkerOutput::finish() {
  for (Stream* stream : {&stdout_, &stderr_}) {
    drain(*stream);
    show(*stream, stream->lines.finish());
  }
}

// Waits and then reads, rather than async_read_some: both streams share one buffer that way.
void WorkerOutput::read_on(Stream& stream) {
  stream.pipe.async_wait(
      asio::posix::descriptor_base::wait_read, [this, &stream](boost::system::error_code error) {
        if (error) return;
        const std::size_t count = stream.pipe.read_some(asio::buffer(buffer_), error);
        take(stream, {buffer_.data(), count});
        if (error && error != asio::error::would_block) return;
        read_on(stream);
      });
}

void WorkerOutput::take(Stream& stream, std::string_view bytes) {
  last_output_ns_ = monotonic_ns();
  const std::string warning = log_.write(bytes);
  if (errors_ != nullptr) errors_->show(warning);
  if (stream.is_error) {
    stderr_tail_.append(bytes);
    if (stderr_tail_.size() > kTailBytes) stderr_tail_.erase(0, stderr_tail_.size() - kTailBytes);
  }
  show(stream, stream.lines.add(bytes));
}

void WorkerOutput::show(const Stream& stream, std::string_view text) {
  Screen* screen = stream.is_error ? errors_ : screen_;
  if (screen != nullptr && stream.is_shown) screen->show(text);
}

void WorkerOutput::drain(Stream& stream) {
  boost::system::error_code error;
  for (std::size_t drained = 0; drained < kMaxDrainedBytes;) {
    const std::size_t count = stream.pipe.read_some(asio::buffer(buffer_), error);
    if (error) return;
    take(stream, {buffer_.data(), count});
    drained += count;
  }
}

}  // namespace dplaunch
