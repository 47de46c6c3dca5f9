#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace dplaunch {

struct FoundAddresses {
  std::vector<boost::asio::ip::address> addresses;
  std::string problem;  ///< of a name without any, for users
};

/// The addresses of a name, or the one that the text is. A name server that does not answer is
/// asked aside: `on_found` is called from `io`, which lives until then, and at once for an address.
void find_addresses(const std::shared_ptr<boost::asio::io_context>& io, const std::string& host,
                    std::function<void(const FoundAddresses&)> on_found);
/// Waits for it, which may take as long as the name server.
FoundAddresses find_addresses(const std::string& host);

/// Whether a socket can be bound to it here.
bool is_of_this_host(const boost::asio::ip::address& address);

struct InterfaceAddress {
  std::string interface;  ///< "eth0"
  boost::asio::ip::address address;
};

/// Of all network interfaces of this host, in the kernel's order.
std::vector<InterfaceAddress> interface_addresses();

/// The network interface that has the address; empty if none has.
std::string interface_of(const std::string& address);

/// The address from which this host sends to that one; empty if there is no way.
std::string address_towards(const std::string& other);

}  // namespace dplaunch
