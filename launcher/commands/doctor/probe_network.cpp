#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

#include "base/files/unique_fd.h"
#include "base/process/host_name.h"
#include "launcher/commands/doctor/probes.h"

namespace dplaunch::doctor {
namespace {

constexpr std::uint16_t kUsualPort = 29500;

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

void add_once(std::vector<std::string>& list, std::string text) {
  if (text.empty() || std::find(list.begin(), list.end(), text) != list.end()) return;
  list.push_back(std::move(text));
}

/// "192.0.2.1"; empty for what is no IP address.
std::string to_text(const sockaddr* address) {
  if (address == nullptr) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address->sa_family == AF_INET) {
    const auto* ip = reinterpret_cast<const sockaddr_in*>(address);
    ::inet_ntop(AF_INET, &ip->sin_addr, text.data(), text.size());
  } else if (address->sa_family == AF_INET6) {
    const auto* ip = reinterpret_cast<const sockaddr_in6*>(address);
    ::inet_ntop(AF_INET6, &ip->sin6_addr, text.data(), text.size());
  }
  return text.data();
}

void resolve(NetworkFacts& facts) {
  using Clock = std::chrono::steady_clock;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const auto start = Clock::now();
  const int code = ::getaddrinfo(facts.host_name.c_str(), nullptr, &hints, &list);
  facts.resolve_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
  if (code != 0) {
    facts.resolve_problem = code == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(code);
    return;
  }
  const std::unique_ptr<addrinfo, FreeAddresses> owner(list);
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    add_once(facts.addresses, to_text(entry->ai_addr));
  }
}

/// The names of the interfaces, and into `addresses` what they have.
std::vector<std::string> find_interfaces(std::vector<std::string>* addresses) {
  std::vector<std::string> names;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return names;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, ::freeifaddrs);
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    add_once(names, entry->ifa_name);
    if (addresses != nullptr) add_once(*addresses, to_text(entry->ifa_addr));
  }
  return names;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

/// A socket bound there, as a server's; without one, errno says why.
UniqueFd bound_to(sockaddr_in address) {
  UniqueFd server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!server) return {};
  const int yes = 1;
  ::setsockopt(server.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return server;
  }
  const int error_number = errno;
  server.reset();
  errno = error_number;
  return {};
}

std::string problem(const char* action) {
  return std::string(action) + ": " + std::strerror(errno);
}

/// Connects to a server of its own, as the ranks of a job do. A connection that a firewall drops
/// must not hold the doctor up.
std::string try_loopback() {
  const UniqueFd server = bound_to(loopback(0));
  if (!server) return problem("bind");
  if (::listen(server.get(), 1) != 0) return problem("listen");
  sockaddr_in address{};
  socklen_t length = sizeof address;
  if (::getsockname(server.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    return problem("getsockname");
  }
  const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{2, 0};
  ::setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    return problem("connect");
  }
  return {};
}

/// Whether somebody listens there. It is not listened on itself: that would be in the way of a job
/// that starts in this moment.
bool is_taken(std::uint16_t port) {
  sockaddr_in address = loopback(port);
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  return !bound_to(address) && errno == EADDRINUSE;
}

}  // namespace

NetworkFacts probe_network() {
  NetworkFacts facts;
  facts.host_name = host_name();
  resolve(facts);
  find_interfaces(&facts.own_addresses);
  facts.loopback_problem = try_loopback();
  facts.is_usual_port_free = !is_taken(kUsualPort);
  return facts;
}

std::vector<std::string> network_interfaces() {
  return find_interfaces(nullptr);
}

}  // namespace dplaunch::doctor
