#pragma once

#include <string>

#include "base/files/unique_fd.h"

namespace dplaunch {

/// The TCP port on which rank 0 serves the rendezvous store. The launcher holds it from before the
/// first worker starts, so that it cannot be lost between choosing and using it. The descriptor is
/// close-on-exec.
class RendezvousSocket {
 public:
  /// None: the port is on another host.
  RendezvousSocket() = default;

  /// Listens on `port` (0 lets the system choose), to hand the socket to rank 0: a rank that
  /// connects before rank 0 is ready waits in the backlog instead of retrying. `address`: IPv4 or
  /// IPv6; where it is not this host's own (a router maps it), on all. Throws Error(kRendezvous).
  static RendezvousSocket listen(const std::string& address, int port);

  /// Binds `port` without listening, with SO_REUSEADDR: the kernel gives the port to no one who
  /// lets it choose, while a program that is given the port can listen on it (Linux lets a second
  /// socket bind an address if both have SO_REUSEADDR and none listens: socket(7)).
  static RendezvousSocket reserve(const std::string& address, int port);

  int fd() const { return socket_.get(); }
  int port() const { return port_; }
  /// The workers are started: closes the launcher's copy of a listening socket. Connections are
  /// rank 0's affair alone then, and refused once it is dead. A reserved port is kept.
  void hand_over();

 private:
  RendezvousSocket(const std::string& address, int port, bool is_listening);

  UniqueFd socket_;
  int port_ = 0;
  bool is_listening_ = false;
};

}  // namespace dplaunch
