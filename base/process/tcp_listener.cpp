#include "base/process/tcp_listener.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>

#include "base/files/unique_fd.h"

namespace dplaunch {

std::optional<TcpListener> tcp_listener(int port) {
  const UniqueFd kernel(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!kernel) return std::nullopt;
  struct {
    nlmsghdr header;
    inet_diag_req_v2 wanted;
  } question{};
  question.header.nlmsg_len = sizeof question;
  question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.header.nlmsg_flags = NLM_F_REQUEST;
  question.wanted.sdiag_family = AF_INET;
  question.wanted.sdiag_protocol = IPPROTO_TCP;
  question.wanted.idiag_states = 1U << TCP_LISTEN;
  question.wanted.id.idiag_sport = htons(static_cast<std::uint16_t>(port));
  question.wanted.id.idiag_src[0] = htonl(INADDR_LOOPBACK);
  question.wanted.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  question.wanted.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  if (::send(kernel.get(), &question, sizeof question, 0) < 0) return std::nullopt;
  // Attributes may follow, which are of no interest here.
  struct {
    nlmsghdr header;
    inet_diag_msg found;
  } answer{};
  const ssize_t bytes = ::recv(kernel.get(), &answer, sizeof answer, 0);
  const bool is_found = bytes == static_cast<ssize_t>(sizeof answer) &&
                        answer.header.nlmsg_type == SOCK_DIAG_BY_FAMILY &&
                        answer.found.idiag_state == TCP_LISTEN;
  if (!is_found) return std::nullopt;
  return TcpListener{answer.found.idiag_uid, answer.found.idiag_inode};
}

HoldsSocket holds_socket(pid_t pid, std::uint32_t inode) {
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
