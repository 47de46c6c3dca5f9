#include "common/lost_peer.h"

#include <algorithm>
#include <array>

namespace dplaunch {
namespace {

// The libraries have no error code for it: their texts are all there is. Those of the sockets come
// from strerror, the others are the libraries' own.
constexpr std::array<std::string_view, 11> kPhrases = {
    "Connection closed by peer",                     // Gloo
    "Connection reset by peer",                      // ECONNRESET
    "Broken pipe",                                   // EPIPE
    "Connection refused",                            // ECONNREFUSED: the store's host is gone
    "Connection closed by remote peer",              // NCCL
    "remote process exited",                         // NCCL
    "ncclRemoteError",                               // NCCL
    "Connection was likely closed",                  // the store, while a value is read
    "Timed out waiting",                             // Gloo: a peer that does not answer
    "Watchdog caught collective operation timeout",  // ProcessGroupNCCL: the same
    "lost the connection to another rank",           // the worker itself
};

}  // namespace

bool says_peer_is_lost(std::string_view message) {
  return std::ranges::any_of(kPhrases, [&](std::string_view phrase) {
    return message.find(phrase) != std::string_view::npos;
  });
}

}  // namespace dplaunch
