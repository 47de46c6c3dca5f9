#include "common/torchrun_values.h"

#include <algorithm>
#include <cstddef>

#include "base/text/parse_number.h"

namespace dplaunch {
namespace {

/// Where the host's part ends; npos if a bracket stays open.
std::size_t end_of_host(const std::string& text) {
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    return close == std::string::npos ? close : close + 1;
  }
  const bool is_ipv6 = std::count(text.begin(), text.end(), ':') > 1;
  return is_ipv6 ? text.size() : std::min(text.find(':'), text.size());
}

}  // namespace

std::optional<HostEndpoint> parse_endpoint(const std::string& text) {
  constexpr int kMostPort = 65535;
  const std::size_t end = end_of_host(text);
  if (end == std::string::npos) return std::nullopt;
  HostEndpoint endpoint{text.substr(0, end), {}};
  if (endpoint.host.starts_with('[')) endpoint.host = endpoint.host.substr(1, end - 2);
  if (endpoint.host.empty()) return std::nullopt;
  if (end == text.size()) return endpoint;
  endpoint.port = parse_number<int>(text.substr(end + 1));
  const bool is_port = text[end] == ':' && endpoint.port && *endpoint.port >= 0;
  if (!is_port || *endpoint.port > kMostPort) return std::nullopt;
  return endpoint;
}

bool meets_at_host_0(const std::string& backend) {
  return backend == kC10d || backend == kStatic;
}

std::optional<HostCount> parse_host_count(const std::string& text) {
  const std::size_t colon = text.find(':');
  const auto least = parse_number<int>(text.substr(0, colon));
  const auto most = colon == std::string::npos ? least : parse_number<int>(text.substr(colon + 1));
  if (!least || !most || *least < 1 || *most < *least) return std::nullopt;
  return HostCount{*least, *most};
}

}  // namespace dplaunch
