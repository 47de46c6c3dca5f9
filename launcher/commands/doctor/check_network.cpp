#include "launcher/commands/doctor/check_network.h"

#include <arpa/inet.h>
#include <fmt/core.h>
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
#include <cstring>
#include <memory>
#include <utility>

#include "base/files/unique_fd.h"
#include "base/process/host_name.h"
#include "base/text/printable.h"
#include "base/text/words.h"

namespace dplaunch::doctor {

// --- the probe -----------------------------------------------------------------------------------

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
std::string address_text(const sockaddr* address) {
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

void resolve_host_name(NetworkFacts& facts) {
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
    add_once(facts.addresses, address_text(entry->ai_addr));
  }
}

/// PyTorch's c10d asks for the name of each address that it connects to, on one host of this one,
/// which no line of the usual /etc/hosts answers.
std::int64_t time_of_loopback_name() {
  using Clock = std::chrono::steady_clock;
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  ::inet_pton(AF_INET6, "::ffff:127.0.0.1", &address.sin6_addr);
  std::array<char, NI_MAXHOST> name{};
  const auto start = Clock::now();
  ::getnameinfo(reinterpret_cast<const sockaddr*>(&address), sizeof address, name.data(),
                name.size(), nullptr, 0, 0);
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
}

void find_interfaces(NetworkFacts& facts) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, ::freeifaddrs);
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    add_once(facts.interfaces, entry->ifa_name);
    add_once(facts.own_addresses, address_text(entry->ifa_addr));
  }
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
  return fmt::format("{}: {}", action, std::strerror(errno));
}

/// Connects to a server of its own, as the ranks of a job do. A connection that a firewall drops
/// must not make the doctor hang.
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
  const timeval timeout{2, 0};
  ::setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
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
  resolve_host_name(facts);
  find_interfaces(facts);
  facts.loopback_name_ms = time_of_loopback_name();
  facts.loopback_problem = try_loopback();
  facts.is_usual_port_free = !is_taken(kUsualPort);
  return facts;
}

// --- the judgement -------------------------------------------------------------------------------

namespace {

constexpr std::int64_t kSlowMs = 1000;

/// Names come from DNS.
std::string listed(const std::vector<std::string>& addresses) {
  return printable(joined(addresses));
}

bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1";
}

std::vector<std::string> foreign_addresses(const NetworkFacts& facts) {
  std::vector<std::string> foreign;
  for (const std::string& address : facts.addresses) {
    const auto& own = facts.own_addresses;
    const bool is_own =
        is_loopback(address) || std::find(own.begin(), own.end(), address) != own.end();
    if (!is_own) foreign.push_back(address);
  }
  return foreign;
}

Findings judge_addresses(const NetworkFacts& facts, const std::string& name) {
  const std::string what = "host name";
  if (const auto foreign = foreign_addresses(facts); !foreign.empty()) {
    return {{Severity::kWarn, what,
             fmt::format("{} resolves to {}, which is no address of this machine: jobs over "
                         "several hosts fail",
                         name, listed(foreign)),
             fmt::format("correct the name in /etc/hosts or DNS; or give --master-addr an address "
                         "out of {}",
                         listed(facts.own_addresses))}};
  }
  const std::string text = fmt::format("{} resolves to {}", name, listed(facts.addresses));
  if (std::all_of(facts.addresses.begin(), facts.addresses.end(), is_loopback)) {
    return {{Severity::kOk, what,
             text + ", which only this machine reaches: for several hosts give --master-addr an "
                    "address"}};
  }
  return {{Severity::kOk, what, text}};
}

}  // namespace

Findings check_host_name(const NetworkFacts& facts) {
  const std::string what = "host name";
  const std::string name = printable(facts.host_name);
  Findings findings;
  if (!facts.resolve_problem.empty()) {
    findings.push_back({Severity::kWarn, what,
                        fmt::format("{} does not resolve: {}; scripts over Gloo, and jobs over "
                                    "several hosts, need it",
                                    name, printable(facts.resolve_problem)),
                        fmt::format("add a line to /etc/hosts: 127.0.1.1 {} (its real address for "
                                    "jobs over several hosts)",
                                    name)});
  } else {
    findings = judge_addresses(facts, name);
  }
  if (facts.resolve_ms > kSlowMs) {
    findings.push_back({Severity::kWarn, what,
                        fmt::format("looking {} up took {} ms: every process that asks waits as "
                                    "long",
                                    name, facts.resolve_ms),
                        "write the name into /etc/hosts, and look at the servers in "
                        "/etc/resolv.conf"});
  }
  if (facts.loopback_name_ms > kSlowMs) {
    findings.push_back({Severity::kWarn, what,
                        fmt::format("no name server answers: asking for the name of "
                                    "::ffff:127.0.0.1, as PyTorch does in each process, took {} ms",
                                    facts.loopback_name_ms),
                        "add a line to /etc/hosts: ::ffff:127.0.0.1 localhost"});
  }
  return findings;
}

Findings check_ports(const NetworkFacts& facts) {
  const std::string what = "loopback";
  if (!facts.loopback_problem.empty()) {
    return {{Severity::kFail, what,
             "no TCP connection over 127.0.0.1: " + printable(facts.loopback_problem),
             "as root: ip link set lo up; and let a firewall or sandbox allow 127.0.0.1"}};
  }
  Findings findings{{Severity::kOk, what, "TCP over 127.0.0.1 works"}};
  if (!facts.is_usual_port_free) {
    findings.push_back({Severity::kNote, "port 29500",
                        "in use; one host needs no fixed port, but for --nnodes it is the default",
                        "over several hosts give another: --master-port PORT"});
  }
  return findings;
}

}  // namespace dplaunch::doctor
