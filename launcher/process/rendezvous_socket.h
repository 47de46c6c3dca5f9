#pragma once

#include <string>

#include "common/unique_fd.h"

namespace dplaunch {

/// The listening TCP socket on which rank 0 serves the rendezvous store. The launcher binds it and
/// hands the descriptor to rank 0, so the port cannot be lost between choosing and using it, and a
/// rank that connects before rank 0 is ready waits in the backlog instead of retrying.
class RendezvousSocket {
 public:
  /// Listens on `address` (IPv4, the loopback device for one host) and `port`; 0 lets the system
  /// choose. The descriptor is close-on-exec. Throws Error(kRendezvous).
  RendezvousSocket(const std::string& address, int port);

  int fd() const { return socket_.get(); }
  int port() const { return port_; }
  /// Closes the launcher's copy: connections are then rank 0's affair alone, and refused once it
  /// is dead.
  void close() { socket_.reset(); }

 private:
  UniqueFd socket_;
  int port_ = 0;
};

}  // namespace dplaunch
