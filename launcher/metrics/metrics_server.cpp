#include "launcher/metrics/metrics_server.h"

#include <fmt/core.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/process/signals_blocked.h"
#include "base/text/printable.h"
#include "launcher/metrics/http_answer.h"

namespace dplaunch {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::steady_clock;

constexpr std::size_t kMostConnections = 16;
constexpr std::size_t kMostRequestBytes = 8192;
constexpr std::chrono::seconds kPatience{5};  ///< for a request, and until its answer is taken
constexpr std::chrono::seconds kFreshness{1};
constexpr std::chrono::seconds kAcceptPause{1};
constexpr std::chrono::seconds kFarewell{2};

/// One who asks.
struct Connection {
  explicit Connection(tcp::socket accepted)
      : socket(std::move(accepted)), patience(socket.get_executor(), kPatience) {}
  void close() {
    error_code ignored;
    socket.shutdown(tcp::socket::shutdown_both, ignored);
    socket.close(ignored);
    patience.cancel();
  }
  tcp::socket socket;
  asio::steady_timer patience;
  std::string request;
  std::string answer;
};

/// The text of each kind, for as long as it is fresh.
class FreshTexts {
 public:
  explicit FreshTexts(MetricsServer::Text make) : make_(std::move(make)) {}
  const std::string& get(bool all_hosts) {
    auto& [made, text] = texts_[all_hosts ? 1 : 0];
    const auto now = steady_clock::now();
    if (!made || now - *made >= kFreshness) {
      text = make_(all_hosts);
      made = now;
    }
    return text;
  }

 private:
  MetricsServer::Text make_;
  std::array<std::pair<std::optional<steady_clock::time_point>, std::string>, 2> texts_;
};

}  // namespace

/// What the thread works on: it lives as long as the thread does.
class MetricsServer::Service {
 public:
  explicit Service(const MetricsPlace& place) : acceptor_(io_), accept_pause_(io_) { open(place); }

  std::string url() const {
    error_code ignored;
    return fmt::format("http://{}/metrics", text_of(acceptor_.local_endpoint(ignored)));
  }

  void start(const std::shared_ptr<Service>& self, Text text) {
    texts_.emplace(std::move(text));
    accept();
    std::promise<void> end;
    ended_ = end.get_future();
    const SignalsBlocked blocked;  // the thread inherits it
    thread_ = std::thread([self, end = std::move(end)]() mutable {
      self->io_.run();
      end.set_value();
    });
  }

  void stop() {
    if (!thread_.joinable()) return;
    io_.stop();
    // A driver that is asked for a GPU's use may not answer.
    if (ended_.wait_for(kFarewell) != std::future_status::ready) return thread_.detach();
    thread_.join();
    for (const auto& connection : std::exchange(connections_, {})) connection->close();
    error_code ignored;
    acceptor_.cancel(ignored);
    accept_pause_.cancel();
    io_.restart();
    io_.poll();  // what was cancelled ends here
    io_.restart();
  }

 private:
  static std::string text_of(const tcp::endpoint& where) {
    const std::string address = where.address().to_string();
    const char* const bracket = where.address().is_v6() ? "[" : "";
    return fmt::format("{}{}{}:{}", bracket, address, *bracket != '\0' ? "]" : "", where.port());
  }

  void open(const MetricsPlace& place) {
    error_code error;
    const tcp::endpoint where(asio::ip::make_address(place.address, error),
                              static_cast<std::uint16_t>(place.port));
    if (!error) acceptor_.open(where.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(where, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) return;
    throw Error(
        ExitCode::kUsage,
        fmt::format("--metrics-port {}: cannot listen there: {}", text_of(where), error.message()),
        "choose another port; of several jobs on one host each needs its own");
  }

  void accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) return accept_later();  // no more descriptors
      if (connections_.size() < kMostConnections) serve(std::move(socket));
      accept();
    });
  }

  void accept_later() {
    accept_pause_.expires_after(kAcceptPause);
    accept_pause_.async_wait([this](error_code error) {
      if (!error) accept();
    });
  }

  void serve(tcp::socket socket) {
    const auto connection = std::make_shared<Connection>(std::move(socket));
    connections_.insert(connection);
    connection->patience.async_wait([this, connection](error_code error) {
      if (!error) end(connection);
    });
    asio::async_read_until(connection->socket,
                           asio::dynamic_buffer(connection->request, kMostRequestBytes), "\r\n\r\n",
                           [this, connection](error_code error, std::size_t bytes) {
                             error ? end(connection) : answer(connection, bytes);
                           });
  }

  void answer(const std::shared_ptr<Connection>& connection, std::size_t head_bytes) {
    connection->answer = http_answer(std::string_view(connection->request).substr(0, head_bytes),
                                     [this](bool all_hosts) { return texts_->get(all_hosts); });
    asio::async_write(connection->socket, asio::buffer(connection->answer),
                      [this, connection](error_code, std::size_t) { end(connection); });
  }

  void end(const std::shared_ptr<Connection>& connection) {
    connection->close();
    connections_.erase(connection);
  }

  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  asio::steady_timer accept_pause_;
  std::set<std::shared_ptr<Connection>> connections_;
  std::optional<FreshTexts> texts_;
  std::future<void> ended_;
  std::thread thread_;
};

MetricsServer::MetricsServer(const MetricsPlace& place)
    : service_(std::make_shared<Service>(place)) {}

MetricsServer::~MetricsServer() {
  stop();
}

std::string MetricsServer::url() const {
  return service_->url();
}

void MetricsServer::start(Text text) {
  service_->start(service_, std::move(text));
}

void MetricsServer::stop() {
  service_->stop();
}

}  // namespace dplaunch
