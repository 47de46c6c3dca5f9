#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/files/json_fields.h"
#include "launcher/hosts/host_address.h"
#include "launcher/hosts/host_link.h"

namespace dplaunch {

/// A launcher's side of its connection to the job's hub. Used on the thread of its io_context
/// alone.
class HostMember : public std::enable_shared_from_this<HostMember> {
 public:
  struct Options {
    std::string address;  ///< of the hub: a name, or an address
    std::uint16_t port = 0;
    int count = 2;
    int least = 0;
    std::optional<int> index;  ///< nullopt: the hub gives one
    std::string job;
    std::string token;
    std::string name;                             ///< of this host, for users
    std::chrono::milliseconds patience{600'000};  ///< until the hub answers
    std::chrono::milliseconds silence{3000};
  };
  /// What a member hears of the job.
  struct Events {
    std::function<void(int index)> on_welcome;
    std::function<void(const Json& message)> on_message;  ///< any but those of the handshake
    std::function<void(const Error& error)> on_failure;   ///< the hub cannot be had, or is lost
    std::function<void(const std::string& line)> show;    ///< a line for the user
  };

  HostMember(std::shared_ptr<boost::asio::io_context> io, Options options, Events events);

  void start();
  void send(const Json& message);
  /// Says goodbye, and closes when that is on its way.
  void leave();
  /// No event comes any more.
  void stop();

  const std::string& own_address() const { return own_address_; }
  const std::string& hub_address() const { return hub_address_; }
  /// What is to be added to a time of monotonic_ns() here to get the hub's.
  std::int64_t offset_ns() const { return offset_ns_; }

 private:
  void look_up();
  void wait_for_look_up();
  void try_next();
  void on_connected(boost::asio::ip::tcp::socket socket);
  void try_again_later(const std::string& problem);
  void on_handshake(const Json& message);
  void answer(const Json& challenge);
  void on_welcome(const Json& welcome);
  void remind_if_time(const std::string& problem);
  void fail(const std::string& problem, const std::string& hint);
  void fail_by_stranger();
  std::string hub_words() const;

  std::shared_ptr<boost::asio::io_context> io_;
  boost::asio::steady_timer timer_;
  Options options_;
  Events events_;
  std::chrono::steady_clock::time_point begin_;
  std::chrono::steady_clock::time_point remind_at_;
  std::vector<boost::asio::ip::address> addresses_;
  std::size_t next_ = 0;
  std::string problem_;
  std::shared_ptr<HostLink> link_;
  std::int64_t hi_ns_ = 0;
  std::string challenge_;
  std::string nonce_;
  std::string own_address_;
  std::string hub_address_;
  std::int64_t offset_ns_ = 0;
  bool is_stopped_ = false;
};

}  // namespace dplaunch
