// The server, over real sockets, and who would hurt it.
#include "launcher/metrics/metrics_server.h"

#include <gmock/gmock.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <vector>

#include "base/error.h"

namespace dplaunch {
namespace {

using boost::asio::ip::tcp;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class MetricsServerTest : public ::testing::Test {
 protected:
  int port() const {
    const std::string url = server_.url();  // http://127.0.0.1:PORT/metrics
    return std::stoi(url.substr(url.rfind(':') + 1));
  }
  tcp::socket connect() {
    tcp::socket socket(io_);
    socket.connect(
        {boost::asio::ip::make_address("127.0.0.1"), static_cast<std::uint16_t>(port())});
    return socket;
  }
  /// All that comes until the server closes.
  static std::string rest(tcp::socket& socket) {
    std::string text;
    boost::system::error_code end;
    boost::asio::read(socket, boost::asio::dynamic_buffer(text), end);
    return text;
  }
  std::string ask(const std::string& request) {
    tcp::socket socket = connect();
    boost::system::error_code ignored;
    boost::asio::write(socket, boost::asio::buffer(request), ignored);
    return rest(socket);
  }
  void start() {
    server_.start([this](bool) { return "made " + std::to_string(++made_) + "\n"; });
  }

  boost::asio::io_context io_;
  MetricsServer server_{MetricsPlace{"127.0.0.1", 0}};
  std::atomic<int> made_ = 0;
};

constexpr char kRequest[] = "GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n";

TEST_F(MetricsServerTest, AnswersAndMakesTheTextOnceASecondAtMost) {
  start();
  EXPECT_THAT(ask(kRequest), StartsWith("HTTP/1.1 200 OK\r\n"));
  for (int i = 0; i < 100; ++i) ask(kRequest);
  EXPECT_LT(made_, 101) << "not anew for each question";
}

TEST_F(MetricsServerTest, WhoAsksBetweenTwoAttemptsIsAnsweredByTheNext) {
  start();
  server_.stop();
  tcp::socket early = connect();
  boost::asio::write(early, boost::asio::buffer(std::string(kRequest)));
  server_.start([](bool) { return std::string("second\n"); });
  EXPECT_THAT(rest(early), EndsWith("second\n"));
}

TEST_F(MetricsServerTest, ManyWhoSayNothingAreTurnedAwayAndTheJobsEndDoesNotWaitForThem) {
  start();
  std::vector<tcp::socket> silent;
  for (int i = 0; i < 16; ++i) silent.push_back(connect());
  tcp::socket one_more = connect();
  EXPECT_EQ(rest(one_more), "");
  EXPECT_EQ(made_, 0);
  server_.stop();
  for (tcp::socket& socket : silent) EXPECT_EQ(rest(socket), "");
}

TEST_F(MetricsServerTest, ARequestWithoutEndIsCutOff) {
  start();
  EXPECT_EQ(ask("GET /metrics HTTP/1.1\r\n" + std::string(100'000, 'x')), "");
  EXPECT_THAT(ask(kRequest), HasSubstr("made 1\n")) << "others are answered";
}

TEST_F(MetricsServerTest, APortThatIsTakenIsNamed) {
  try {
    const MetricsServer second(MetricsPlace{"127.0.0.1", port()});
    FAIL() << "two listen there";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("--metrics-port 127.0.0.1:" + std::to_string(port()) +
                                        ": cannot listen there: Address already in use"));
  }
}

}  // namespace
}  // namespace dplaunch
