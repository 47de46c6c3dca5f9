#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "base/files/json_fields.h"

namespace dplaunch {

/// One connection between two launchers: JSON objects, a line each. All of it on the thread of its
/// io_context.
class HostLink : public std::enable_shared_from_this<HostLink> {
 public:
  /// The reason where the peer is another program.
  static constexpr char kForeign[] = "it says what no launcher of dplaunch says";

  using OnMessage = std::function<void(const Json& message)>;
  /// `reason`, for users: "its launcher has ended", "it has not answered for 3 s".
  using OnEnd = std::function<void(const std::string& reason)>;

  /// The kernel gives a peer up that has not answered for `silence`.
  HostLink(boost::asio::ip::tcp::socket socket, std::chrono::milliseconds silence);

  /// Calls `on_message` for each object, and `on_end` once when the peer has gone, unless close()
  /// was called. Both may call any method here.
  void start(OnMessage on_message, OnEnd on_end);
  /// Others take over from those of start().
  void hand_to(OnMessage on_message, OnEnd on_end);
  /// The peer has proved who it is: its messages may be long.
  void trust() { most_bytes_ = kMostTrustedBytes; }
  void send(const Json& message) { send_line(to_line(message)); }
  /// What goes to many is written out once, and held once.
  using Line = std::shared_ptr<const std::string>;
  static Line to_line(const Json& message);
  void send_line(Line line);
  /// Closes it. Nothing is called after it.
  void close();
  /// Sends what is left to be sent, hears nothing any more, and closes when the peer does.
  void close_after_sending();

  bool is_open() const { return socket_.is_open(); }
  const std::string& own_address() const { return own_address_; }
  const std::string& peer_address() const { return peer_address_; }

 private:
  static constexpr std::size_t kMostStrangersBytes = 16 << 10;
  static constexpr std::size_t kMostTrustedBytes = 64 << 20;

  void read();
  void take_lines();
  void write();
  void say_end();
  void finish(const std::string& reason);
  std::string reason_of(const boost::system::error_code& error) const;

  boost::asio::ip::tcp::socket socket_;
  std::chrono::milliseconds silence_;
  std::string own_address_;
  std::string peer_address_;
  std::size_t most_bytes_ = kMostStrangersBytes;
  std::string received_;
  char piece_[16 << 10];
  std::deque<Line> to_send_;
  bool closes_after_sending_ = false;
  OnMessage on_message_;
  OnEnd on_end_;
};

}  // namespace dplaunch
