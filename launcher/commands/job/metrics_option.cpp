#include "launcher/commands/job/metrics_option.h"

#include <arpa/inet.h>
#include <fmt/core.h>

#include <optional>

#include "base/error.h"
#include "base/text/parse_number.h"
#include "base/text/printable.h"

namespace dplaunch {
namespace {

bool is_address(const std::string& text) {
  in6_addr address{};
  return ::inet_pton(AF_INET, text.c_str(), &address) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

}  // namespace

MetricsPlace parse_metrics_place(const std::string& text) {
  const auto refuse = [&text](const char* problem) {
    return Error(ExitCode::kUsage,
                 fmt::format("--metrics-port \"{}\": {}", printable(text), problem),
                 "a port, with an address of this host before it or without: --metrics-port 9400 "
                 "(on the loopback), 0.0.0.0:9400 (on all), [::1]:9400");
  };
  MetricsPlace place;
  const std::size_t colon = text.rfind(':');
  if (colon != std::string::npos) {
    place.address = text.substr(0, colon);
    if (place.address.starts_with('[') && place.address.ends_with(']')) {
      place.address = place.address.substr(1, place.address.size() - 2);
    }
    if (!is_address(place.address)) throw refuse("no address stands before the port");
  }
  const std::optional<int> port =
      parse_number<int>(colon == std::string::npos ? text : text.substr(colon + 1));
  if (!port || *port < 0 || *port > 65535) throw refuse("not a port from 0 to 65535");
  place.port = *port;
  return place;
}

}  // namespace dplaunch
