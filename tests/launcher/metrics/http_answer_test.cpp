// Requests of Prometheus, and of strangers.
#include "launcher/metrics/http_answer.h"

#include <gmock/gmock.h>

namespace dplaunch {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string answer(const std::string& head) {
  return http_answer(head, [](bool all) { return std::string(all ? "of all\n" : "of one\n"); });
}

TEST(HttpAnswer, IsTheTextThatWasAskedFor) {
  EXPECT_EQ(answer("GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n"),
            "HTTP/1.1 200 OK\r\n"
            "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
            "Content-Length: 7\r\n"
            "Connection: close\r\n\r\n"
            "of one\n");
  EXPECT_THAT(answer("GET /metrics/all?x=1 HTTP/1.0\r\n\r\n"), HasSubstr("\r\n\r\nof all\n"));
  EXPECT_THAT(answer("HEAD /metrics HTTP/1.1\r\n\r\n"), ::testing::EndsWith("close\r\n\r\n"));
}

TEST(HttpAnswer, SaysWhatIsWrong) {
  EXPECT_THAT(answer("GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(answer("POST /metrics HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 405 "));
  for (const char* nonsense :
       {"", "\r\n\r\n", "GET", "GET ", "GET /metrics", "GET  /metrics HTTP/1.1",
        "\x16\x03\x01 hello", "GET /metrics HTTP/2.0"}) {
    EXPECT_THAT(answer(nonsense), StartsWith("HTTP/1.1 400 ")) << nonsense;
  }
}

}  // namespace
}  // namespace dplaunch
