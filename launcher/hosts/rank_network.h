#pragma once

#include <string>

#include "common/rank_environment.h"

namespace dplaunch {

/// Where the ranks of a host are reached by those of the others.
struct RankNetwork {
  std::string interface;  ///< "eth0"; empty: unknown
  std::string address;
};

/// The network interface that the user names for the ranks: with GLOO_SOCKET_IFNAME, for ranks on
/// GPUs with NCCL_SOCKET_IFNAME before that (docs of NCCL: "eth" stands for all whose names begin
/// so, "=eth0" for that one, "^eth" for any other). Of several names it is the first; empty: none.
std::string named_interface(bool uses_gpus, const VariableLookup& lookup);

/// That of the interface `named`, and where it is empty of the one that has `own`, an address of
/// this host. An interface may have several addresses: the first one counts, as for Gloo
/// (gloo/transport/tcp/device.cc). Throws Error(kUsage) for a name that no interface with an
/// address has.
RankNetwork rank_network(const std::string& named, const std::string& own);

}  // namespace dplaunch
