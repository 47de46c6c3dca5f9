#include "launcher/hosts/host_address.h"

#include <ifaddrs.h>
#include <netdb.h>
#include <sys/socket.h>

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <thread>
#include <utility>

namespace dplaunch {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

asio::ip::address address_of(const sockaddr& address) {
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    asio::ip::address_v6::bytes_type bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return asio::ip::address_v6(bytes, v6.sin6_scope_id);
  }
  sockaddr_in v4{};
  std::memcpy(&v4, &address, sizeof v4);
  return asio::ip::address_v4(ntohl(v4.sin_addr.s_addr));
}

}  // namespace

FoundAddresses find_addresses(const std::string& host) {
  FoundAddresses found;
  error_code error;
  const auto number = asio::ip::make_address(host, error);
  if (!error) return {{number}, ""};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (code != 0) return {{}, ::gai_strerror(code)};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6) continue;
    found.addresses.push_back(address_of(*entry->ai_addr));
  }
  if (found.addresses.empty()) found.problem = "it has no address";
  return found;
}

void find_addresses(const std::shared_ptr<asio::io_context>& io, const std::string& host,
                    std::function<void(const FoundAddresses&)> on_found) {
  error_code error;
  const auto number = asio::ip::make_address(host, error);
  if (!error) return on_found({{number}, ""});
  // Nothing can end getaddrinfo: the thread keeps what it needs, and nobody waits for it.
  std::thread([io, host, on_found = std::move(on_found)] {
    FoundAddresses found = find_addresses(host);
    asio::post(*io, [on_found, found = std::move(found)] { on_found(found); });
  }).detach();
}

bool is_of_this_host(const asio::ip::address& address) {
  asio::io_context io{1};
  asio::ip::udp::socket socket(io);
  error_code error;
  const asio::ip::udp::endpoint where(address, 0);
  socket.open(where.protocol(), error);
  if (error) return false;
  socket.bind(where, error);
  return !error;
}

std::vector<InterfaceAddress> interface_addresses() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
  std::vector<InterfaceAddress> addresses;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) continue;
    const int family = entry->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    addresses.push_back({entry->ifa_name, address_of(*entry->ifa_addr)});
  }
  return addresses;
}

std::string interface_of(const std::string& address) {
  error_code error;
  const auto wanted = asio::ip::make_address(address, error);
  if (error) return {};
  for (const InterfaceAddress& one : interface_addresses()) {
    if (one.address == wanted) return one.interface;
  }
  return {};
}

std::string address_towards(const std::string& other) {
  error_code error;
  const auto address = asio::ip::make_address(other, error);
  if (error) return {};
  asio::io_context io{1};
  asio::ip::udp::socket socket(io);
  const asio::ip::udp::endpoint anywhere_there(address, 9);  // nothing is sent to it
  socket.connect(anywhere_there, error);
  if (error) return {};
  const auto own = socket.local_endpoint(error).address();
  return error ? std::string() : own.to_string();
}

}  // namespace dplaunch
