#include "launcher/metrics/http_answer.h"

#include <fmt/core.h>

#include <algorithm>

namespace dplaunch {
namespace {

/// Takes the text up to the next space off its beginning.
std::string_view take_word(std::string_view& line) {
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(word.size() + 1, line.size()));
  return word;
}

std::string answer(const char* status, const char* type, const std::string& body, bool has_body) {
  return fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: {}; charset=utf-8\r\nContent-Length: {}\r\n"
      "Connection: close\r\n\r\n{}",
      status, type, body.size(), has_body ? body : "");
}

std::string refusal(const char* status) {
  return answer(status, "text/plain", fmt::format("{}: GET /metrics or /metrics/all\n", status),
                true);
}

}  // namespace

std::string http_answer(std::string_view head, const std::function<std::string(bool)>& text) {
  std::string_view line = head.substr(0, head.find("\r\n"));
  const std::string_view method = take_word(line);
  std::string_view path = take_word(line);
  path = path.substr(0, path.find('?'));
  if (!line.starts_with("HTTP/1.")) return refusal("400 Bad Request");
  if (method != "GET" && method != "HEAD") return refusal("405 Method Not Allowed");
  if (path != "/metrics" && path != "/metrics/all") return refusal("404 Not Found");
  return answer("200 OK", "text/plain; version=0.0.4", text(path != "/metrics"), method == "GET");
}

}  // namespace dplaunch
