#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace dplaunch {

/// Whether TCP connections between hosts come about: says a greeting to whoever connects to it, for
/// as long as it lives, and connects to others of its kind. On a thread of its own, which takes no
/// signals.
class ReachTest {
 public:
  /// Listens at the address, or at all where it cannot be bound, on a port that the kernel chooses.
  /// Throws Error(kRendezvous).
  ReachTest(const std::string& address, std::string greeting);
  ~ReachTest();
  ReachTest(const ReachTest&) = delete;
  ReachTest& operator=(const ReachTest&) = delete;

  int port() const { return port_; }

  struct Other {
    std::string address;
    int port = 0;
    std::string greeting;
  };
  /// Connects to all of them at once. Returns, for each, what is wrong, for users: "Connection
  /// refused", "another program answers there"; empty: it was met.
  std::vector<std::string> meet(const std::vector<Other>& others,
                                std::chrono::milliseconds patience);

 private:
  void accept();

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::string greeting_;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace dplaunch
