#include "launcher/commands/job/check_master_addr.h"

#include <fmt/core.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/files/unique_fd.h"
#include "base/text/printable.h"

namespace dplaunch {
namespace {

constexpr char kOneHost[] = "on one host leave --master-addr out; on several it is host 0's name";

Error refused_address(const Told<std::string>& address, const std::string& problem,
                      const std::string& hint) {
  return Error(ExitCode::kUsage,
               fmt::format("{} \"{}\": {}", address.by, printable(address.value), problem), hint);
}

/// "http://host:80/path" -> "host"; "[::1]:80" -> "::1".
std::string host_in(const std::string& address) {
  std::string host = address;
  if (const auto scheme = host.find("://"); scheme != std::string::npos) host.erase(0, scheme + 3);
  host.erase(std::min(host.find('/'), host.size()));
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    return end == std::string::npos ? host.substr(1) : host.substr(1, end - 1);
  }
  if (std::count(host.begin(), host.end(), ':') == 1) host.erase(host.find(':'));
  return host;
}

void check_form(const Told<std::string>& address) {
  const std::string& text = address.value;
  if (text.empty()) throw refused_address(address, "is empty", kOneHost);
  const std::string host = host_in(text);
  if (host.empty() || host.find_first_of(" \t,@") != std::string::npos) {
    throw refused_address(address, "is not the name or the address of one host", kOneHost);
  }
  if (host == text) return;
  throw refused_address(address, "is more than a host and a port",
                        fmt::format("--master-addr {}", host));
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

bool is_of_this_host(const addrinfo& address) {
  const UniqueFd socket(::socket(address.ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return !socket || ::bind(socket.get(), address.ai_addr, address.ai_addrlen) == 0 ||
         errno != EADDRNOTAVAIL;
}

}  // namespace

void check_master_addr(const Told<std::string>& address, bool is_one_host) {
  check_form(address);
  if (!is_one_host) return;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int code = ::getaddrinfo(address.value.c_str(), nullptr, &hints, &list);
  if (code == EAI_NONAME) throw refused_address(address, "there is no host of that name", kOneHost);
  if (code != 0) return;  // no name server answers: nobody knows
  const std::unique_ptr<addrinfo, FreeAddresses> owner(list);
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (is_of_this_host(*entry)) return;
  }
  throw refused_address(address, "is no address of this host, and the job has one host",
                        "leave --master-addr out, or say with --nnodes how many hosts there are");
}

}  // namespace dplaunch
