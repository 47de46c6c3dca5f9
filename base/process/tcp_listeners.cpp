#include "base/process/tcp_listeners.h"

#include <fmt/core.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

namespace dplaunch {
namespace {

/// The kernel lists the listening sockets first: the rest, which may be long, is not read.
void add_listeners(const char* table, int port, std::vector<TcpListener>& found) {
  std::ifstream file(table);
  std::string line;
  std::getline(file, line);  // the headings
  const std::string wanted = fmt::format(":{:04X}", port);
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string number;
    std::string local;
    std::string remote;
    std::string state;
    std::string ignored;
    TcpListener listener;
    fields >> number >> local >> remote >> state;
    constexpr const char* kListening = "0A";
    if (state != kListening) return;
    if (!local.ends_with(wanted)) continue;
    for (int i = 0; i < 3; ++i) fields >> ignored;  // queues, timers, retransmissions
    if (fields >> listener.user >> ignored >> listener.inode) found.push_back(listener);
  }
}

}  // namespace

std::vector<TcpListener> tcp_listeners(int port) {
  std::vector<TcpListener> found;
  add_listeners("/proc/net/tcp", port, found);
  add_listeners("/proc/net/tcp6", port, found);
  return found;
}

HoldsSocket holds_socket(pid_t pid, std::uint64_t inode) {
  const std::string wanted = fmt::format("socket:[{}]", inode);
  std::error_code error;
  std::filesystem::directory_iterator descriptor(fmt::format("/proc/{}/fd", pid), error);
  if (error == std::errc::permission_denied) return HoldsSocket::kUnknown;
  for (; !error && descriptor != std::filesystem::directory_iterator();
       descriptor.increment(error)) {
    std::error_code gone;
    if (std::filesystem::read_symlink(descriptor->path(), gone) == wanted) return HoldsSocket::kYes;
  }
  return HoldsSocket::kNo;
}

}  // namespace dplaunch
