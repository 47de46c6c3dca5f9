#include "launcher/process/text_sink.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <iostream>

#include "base/error.h"

namespace dplaunch {
namespace {

int descriptor_of(const std::ostream& stream) {
  if (&stream == &std::cout) return STDOUT_FILENO;
  return &stream == &std::cerr ? STDERR_FILENO : -1;
}

}  // namespace

TextSink::TextSink(std::ostream& stream) : stream_(stream), fd_(descriptor_of(stream)) {
  if (fd_ < 0) return;
  stream_.flush();
  struct stat status {};
  const bool is_file = ::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode);
  max_write_bytes_ = is_file ? SSIZE_MAX : PIPE_BUF;
  // A terminal is writable as soon as it takes one byte, and a write of more would wait.
  if (is_terminal()) {
    const std::string path = fmt::format("/proc/self/fd/{}", fd_);
    terminal_.reset(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  }
  wake_.reset(::eventfd(0, EFD_CLOEXEC));
  if (!wake_) throw system_error(ExitCode::kFailure, "cannot make an eventfd", errno);
}

bool TextSink::is_terminal() const {
  return fd_ >= 0 && ::isatty(fd_) == 1;
}

std::string TextSink::name() const {
  return fd_ == STDERR_FILENO ? "standard error" : "standard output";
}

std::size_t TextSink::write(std::string_view bytes) {
  if (fd_ < 0) {
    stream_.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush();
    return stream_ ? bytes.size() : 0;
  }
  std::size_t written = 0;
  while (written < bytes.size() && wait_until_writable()) {
    const ssize_t count = ::write(target(), bytes.data() + written,
                                  std::min(bytes.size() - written, max_write_bytes_));
    if (count > 0) written += static_cast<std::size_t>(count);
    // EAGAIN: whoever shares the descriptor has made it non-blocking.
    if (count < 0 && errno != EINTR && errno != EAGAIN) break;
  }
  return written;
}

void TextSink::limit_patience(std::chrono::milliseconds time) {
  if (fd_ < 0) return;
  patience_ms_ = static_cast<int>(time.count());
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t count = ::write(wake_.get(), &one, sizeof one);
}

bool TextSink::wait_until_writable() {
  while (true) {
    const int patience_ms = patience_ms_;
    pollfd wanted[2] = {{target(), POLLOUT, 0}, {wake_.get(), POLLIN, 0}};
    const int ready = ::poll(wanted, patience_ms < 0 ? 2 : 1, patience_ms);
    if (ready == 0) return false;
    // With an error as well: write() says which.
    if (ready > 0 && wanted[0].revents != 0) return true;
    if (ready < 0 && errno != EINTR) return true;
  }
}

bool is_same_place(std::ostream& a, std::ostream& b) {
  if (&a == &b) return true;
  struct stat first {
  }, second{};
  const int fds[2] = {descriptor_of(a), descriptor_of(b)};
  if (fds[0] < 0 || fds[1] < 0) return false;
  if (::fstat(fds[0], &first) != 0 || ::fstat(fds[1], &second) != 0) return false;
  return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

void say_if_possible(std::string_view text) {
  TextSink errors(std::cerr);
  errors.limit_patience(std::chrono::milliseconds(0));
  errors.write(text);
}

}  // namespace dplaunch
