#include "launcher/hosts/reach_test.h"

#include <fmt/core.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <future>
#include <memory>
#include <utility>

#include "base/error.h"
#include "base/process/signals_blocked.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// Writes the greeting, and waits until the other closes: who closes first may leave its port in
/// TIME_WAIT, and a host may have few.
void greet(const std::shared_ptr<tcp::socket>& guest, const std::string& greeting) {
  asio::async_write(*guest, asio::buffer(greeting), [guest](error_code error, std::size_t) {
    if (error) return;
    const auto nothing = std::make_shared<char>();
    guest->async_read_some(asio::buffer(nothing.get(), 1),
                           [guest, nothing](error_code, std::size_t) {});
  });
}

struct Call {
  tcp::socket socket;
  ReachTest::Other other;
  std::string heard;
  std::string problem;
};

/// All calls of one meeting. On the thread of their io_context.
class Calls : public std::enable_shared_from_this<Calls> {
 public:
  Calls(asio::io_context& io, std::chrono::milliseconds patience)
      : io_(io), patience_(patience), timer_(io) {}

  void start(const std::vector<ReachTest::Other>& others) {
    open_ = others.size();
    for (const ReachTest::Other& other : others) {
      calls_.push_back(Call{tcp::socket(io_), other, std::string(other.greeting.size(), '\0'), {}});
    }
    for (Call& call : calls_) begin(call);
    timer_.expires_after(patience_);
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->give_up();
    });
    end_if_done();
  }

  std::future<std::vector<std::string>> problems() { return problems_.get_future(); }

 private:
  void begin(Call& call) {
    error_code error;
    const auto address = asio::ip::make_address(call.other.address, error);
    if (error)
      return asio::post(
          io_, [self = shared_from_this(), &call, error] { self->end(call, error.message()); });
    const tcp::endpoint where(address, static_cast<std::uint16_t>(call.other.port));
    call.socket.async_connect(where, [self = shared_from_this(), &call](error_code refused) {
      if (refused) return self->end(call, self->words_of(refused));
      self->listen(call);
    });
  }

  void listen(Call& call) {
    asio::async_read(call.socket, asio::buffer(call.heard),
                     [self = shared_from_this(), &call](error_code error, std::size_t) {
                       const bool is_met = !error && call.heard == call.other.greeting;
                       const bool is_late = error == asio::error::operation_aborted;
                       self->end(call, is_met    ? ""
                                       : is_late ? self->words_of(error)
                                                 : "another program answers there");
                     });
  }

  void end(Call& call, const std::string& problem) {
    call.problem = problem;
    error_code ignored;
    // By a reset: no port of either side is left in TIME_WAIT.
    call.socket.set_option(asio::socket_base::linger(true, 0), ignored);
    call.socket.close(ignored);
    --open_;
    end_if_done();
  }

  void end_if_done() {
    if (open_ > 0 || std::exchange(is_over_, true)) return;
    timer_.cancel();
    std::vector<std::string> problems;
    for (const Call& call : calls_) problems.push_back(call.problem);
    problems_.set_value(std::move(problems));
  }

  void give_up() {
    error_code ignored;
    for (Call& call : calls_) call.socket.close(ignored);
  }

  std::string words_of(const error_code& error) const {
    if (error != asio::error::operation_aborted) return error.message();
    return fmt::format("it does not answer within {}", seconds_text(patience_));
  }

  asio::io_context& io_;
  std::chrono::milliseconds patience_;
  asio::steady_timer timer_;
  std::deque<Call> calls_;
  std::size_t open_ = 0;
  bool is_over_ = false;
  std::promise<std::vector<std::string>> problems_;
};

}  // namespace

ReachTest::ReachTest(const std::string& address, std::string greeting)
    : work_(asio::make_work_guard(io_)), acceptor_(io_), greeting_(std::move(greeting)) {
  error_code error;
  tcp::endpoint where(asio::ip::make_address(address, error), 0);
  acceptor_.open(where.protocol(), error);
  acceptor_.bind(where, error);
  if (error) {
    where = tcp::endpoint(where.protocol(), 0);
    acceptor_.bind(where, error);
  }
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (!error) port_ = acceptor_.local_endpoint(error).port();
  if (error) {
    throw Error(
        ExitCode::kRendezvous,
        fmt::format("cannot listen at {} for the other hosts: {}", address, error.message()),
        "is a port left of those that the kernel may choose? sysctl "
        "net.ipv4.ip_local_port_range says which they are");
  }
  accept();
  const SignalsBlocked signals_blocked;
  thread_ = std::thread([this] { io_.run(); });
}

ReachTest::~ReachTest() {
  io_.stop();
  thread_.join();
}

void ReachTest::accept() {
  acceptor_.async_accept([this](error_code error, tcp::socket socket) {
    if (!error) greet(std::make_shared<tcp::socket>(std::move(socket)), greeting_);
    accept();
  });
}

std::vector<std::string> ReachTest::meet(const std::vector<Other>& others,
                                         std::chrono::milliseconds patience) {
  const auto calls = std::make_shared<Calls>(io_, patience);
  auto problems = calls->problems();
  asio::post(io_, [calls, &others] { calls->start(others); });
  return problems.get();
}

}  // namespace dplaunch
