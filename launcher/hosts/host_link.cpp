#include "launcher/hosts/host_link.h"

#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "base/text/words.h"

namespace dplaunch {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// Keepalive asks an idle peer each second, tcp(7): TCP_USER_TIMEOUT decides when it is given up,
/// idle or not.
void watch_peer(int fd, std::chrono::milliseconds silence) {
  const auto set = [fd](int level, int option, int value) {
    ::setsockopt(fd, level, option, &value, sizeof value);
  };
  const int seconds = static_cast<int>(std::max<std::int64_t>(1, silence.count() / 1000));
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 1);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 1);
  set(IPPROTO_TCP, TCP_KEEPCNT, seconds);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(silence.count()));
  set(IPPROTO_TCP, TCP_NODELAY, 1);
}

/// An IPv4 address that came over an IPv6 socket as what it is.
std::string text_of(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  return address.to_string();
}

}  // namespace

HostLink::HostLink(asio::ip::tcp::socket socket, std::chrono::milliseconds silence)
    : socket_(std::move(socket)), silence_(silence) {
  watch_peer(socket_.native_handle(), silence);
  error_code ignored;
  own_address_ = text_of(socket_.local_endpoint(ignored).address());
  peer_address_ = text_of(socket_.remote_endpoint(ignored).address());
}

void HostLink::start(OnMessage on_message, OnEnd on_end) {
  hand_to(std::move(on_message), std::move(on_end));
  read();
}

void HostLink::hand_to(OnMessage on_message, OnEnd on_end) {
  on_message_ = std::move(on_message);
  on_end_ = std::move(on_end);
}

void HostLink::read() {
  socket_.async_read_some(asio::buffer(piece_),
                          [self = shared_from_this()](error_code error, std::size_t bytes) {
                            if (!self->is_open()) return;
                            if (error) return self->finish(self->reason_of(error));
                            self->received_.append(self->piece_, bytes);
                            self->take_lines();
                            if (!self->is_open()) return;
                            if (self->received_.size() > self->most_bytes_) {
                              return self->finish(kForeign);
                            }
                            self->read();
                          });
}

void HostLink::take_lines() {
  std::size_t begin = 0;
  for (std::size_t end; (end = received_.find('\n', begin)) != std::string::npos;) {
    const Json message = parse_json(std::string_view(received_).substr(begin, end - begin));
    begin = end + 1;
    if (closes_after_sending_) continue;
    if (!message.is_object()) return finish(kForeign);
    const OnMessage on_message = on_message_;  // which may hand over to others
    on_message(message);
    if (!is_open()) return;
  }
  received_.erase(0, begin);
}

HostLink::Line HostLink::to_line(const Json& message) {
  return std::make_shared<const std::string>(
      message.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

void HostLink::send_line(Line line) {
  if (!is_open()) return;
  to_send_.push_back(std::move(line));
  if (to_send_.size() == 1) write();
}

void HostLink::write() {
  asio::async_write(socket_, asio::buffer(*to_send_.front()),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      if (!self->is_open()) return;
                      if (error) return self->finish(self->reason_of(error));
                      self->to_send_.pop_front();
                      if (!self->to_send_.empty()) return self->write();
                      if (self->closes_after_sending_) self->say_end();
                    });
}

void HostLink::close_after_sending() {
  if (!is_open()) return;
  closes_after_sending_ = true;
  if (to_send_.empty()) say_end();
}

/// To close while something comes in would be a reset, and what was sent last would be lost by it.
void HostLink::say_end() {
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

void HostLink::close() {
  error_code ignored;
  socket_.close(ignored);
  // They own whom they call, who owns this.
  on_message_ = nullptr;
  on_end_ = nullptr;
}

void HostLink::finish(const std::string& reason) {
  const OnEnd on_end = on_end_;
  close();
  if (!closes_after_sending_ && on_end) on_end(reason);
}

std::string HostLink::reason_of(const error_code& error) const {
  if (error == asio::error::eof || error == asio::error::connection_reset ||
      error == asio::error::broken_pipe) {
    return "its launcher has ended";
  }
  if (error == asio::error::timed_out || error == asio::error::host_unreachable ||
      error == asio::error::network_unreachable || error == asio::error::network_down) {
    return fmt::format("it has not answered for {}", seconds_text(silence_));
  }
  return error.message();
}

}  // namespace dplaunch
