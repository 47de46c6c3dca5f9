#include "launcher/process/worker_output.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/monotonic_clock.h"
#include "launcher/process/screen.h"

namespace dplaunch {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kTailBytes = 16384;
// A pipe holds no more than this; whatever comes after it is from a process that writes for ever.
constexpr std::size_t kMaxDrainedBytes = 2 << 20;
// A line that has no end for so long is shown: a question, dots of progress.
constexpr std::chrono::milliseconds kIdle{500};
constexpr std::chrono::milliseconds kShortestWait{50};  // while there is no room for it

OutputChannel make_channel(bool is_terminal) {
  return is_terminal ? make_pseudo_terminal() : make_pipe();
}

}  // namespace

WorkerOutput::Stream::Stream(asio::io_context& io, OutputChannel channel, const Options& options,
                             bool error)
    : worker_end(std::move(channel.worker_end)),
      pipe(io, channel.launcher_end.release()),
      idle_timer(io),
      lines(options.prefix),
      bar_slot(2 * options.rank + (error ? 1 : 0)),
      is_shown(error || options.show_stdout),
      is_error(error) {
  pipe.non_blocking(true);
}

WorkerOutput::WorkerOutput(asio::io_context& io, Options options, RankLog log)
    : log_(std::move(log)),
      stdout_(io, make_channel(options.has_terminal), options, false),
      stderr_(io, make_channel(options.has_terminal), options, true),
      buffer_(options.buffer) {}

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

void WorkerOutput::resume() {
  for (Stream* stream : {&stdout_, &stderr_}) {
    if (!std::exchange(stream->is_paused, false)) continue;
    last_output_ns_ = monotonic_ns();  // until now it could say nothing
    read_on(*stream);
  }
}

void WorkerOutput::take_errors() {
  drain(stderr_);
}

void WorkerOutput::finish() {
  for (Stream* stream : {&stdout_, &stderr_}) {
    drain(*stream);
    show_last_line(*stream);
  }
  if (errors_ != nullptr) errors_->show(log_.loss());
}

// Waits and then reads, rather than async_read_some: both streams share one buffer that way.
void WorkerOutput::read_on(Stream& stream) {
  Screen* const screen = screen_of(stream);
  stream.is_paused = screen != nullptr && !screen->has_room();
  if (stream.is_paused) return;
  stream.pipe.async_wait(
      asio::posix::descriptor_base::wait_read, [this, &stream](boost::system::error_code error) {
        if (error) return;
        const std::size_t count =
            stream.pipe.read_some(asio::buffer(buffer_.data(), buffer_.size()), error);
        take(stream, {buffer_.data(), count});
        if (error && error != asio::error::would_block) return;
        read_on(stream);
      });
}

void WorkerOutput::take(Stream& stream, std::string_view bytes) {
  if (bytes.empty()) return;
  stream.latest_ns = last_output_ns_ = monotonic_ns();
  const std::string warning = log_.write(bytes);
  if (errors_ != nullptr) errors_->show(warning);
  if (stream.is_error) {
    stderr_tail_.append(bytes);
    if (stderr_tail_.size() > kTailBytes) stderr_tail_.erase(0, stderr_tail_.size() - kTailBytes);
  }
  show(stream, bytes);
}

Screen* WorkerOutput::screen_of(const Stream& stream) const {
  if (!stream.is_shown) return nullptr;
  return stream.is_error ? errors_ : screen_;
}

/// Without prefixes both streams go through as they come, within a line as well.
const void* WorkerOutput::writer_of(const Stream& stream) const {
  return stream.lines.has_prefix() ? static_cast<const void*>(&stream) : this;
}

void WorkerOutput::show(Stream& stream, std::string_view bytes) {
  Screen* const screen = screen_of(stream);
  if (screen == nullptr) return;
  if (stream.lines.has_prefix() && screen->has_bars()) {
    if (!screen->has_open_line_of(writer_of(stream))) stream.lines.break_off();
    const std::string lines = stream.lines.add(bytes, LinePrefixer::Bars::kNewest);
    const bool is_bar = stream.lines.is_bar();
    screen->set_bar(stream.bar_slot, is_bar ? stream.lines.bar() : std::string());
    screen->show(lines, writer_of(stream));
    // A question is no bar: it belongs where the answer is typed.
    if (is_bar) return;
    if (stream.lines.has_partial() && !stream.awaits_silence) show_partial_when_silent(stream);
    return;
  }
  if (!screen->has_open_line_of(writer_of(stream))) stream.lines.break_off();
  screen->show(stream.lines.add(bytes), writer_of(stream));
  if (stream.lines.has_partial() && !stream.awaits_silence) show_partial_when_silent(stream);
}

void WorkerOutput::show_partial_when_silent(Stream& stream) {
  stream.awaits_silence = true;
  const std::chrono::nanoseconds silent(monotonic_ns() - stream.latest_ns);
  stream.idle_timer.expires_after(
      std::max<std::chrono::nanoseconds>(kIdle - silent, kShortestWait));
  stream.idle_timer.async_wait([this, &stream](boost::system::error_code error) {
    if (error) return;
    stream.awaits_silence = false;
    if (!stream.lines.has_partial()) return;
    if (std::chrono::nanoseconds(monotonic_ns() - stream.latest_ns) < kIdle || stream.is_paused) {
      return show_partial_when_silent(stream);
    }
    Screen* const screen = screen_of(stream);
    if (screen->has_bars() && stream.lines.is_bar()) return;
    if (!screen->has_open_line_of(writer_of(stream))) stream.lines.break_off();
    screen->show(stream.lines.idle(), writer_of(stream));
  });
}

void WorkerOutput::show_last_line(Stream& stream) {
  Screen* const screen = screen_of(stream);
  if (screen == nullptr) return;
  if (!screen->has_open_line_of(writer_of(stream))) stream.lines.break_off();
  screen->set_bar(stream.bar_slot, {});
  screen->show(stream.lines.finish(), writer_of(stream));
}

void WorkerOutput::drain(Stream& stream) {
  boost::system::error_code error;
  for (std::size_t drained = 0; drained < kMaxDrainedBytes;) {
    const std::size_t count =
        stream.pipe.read_some(asio::buffer(buffer_.data(), buffer_.size()), error);
    if (error) return;
    take(stream, {buffer_.data(), count});
    drained += count;
  }
}

}  // namespace dplaunch
