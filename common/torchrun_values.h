#pragma once

#include <optional>
#include <string>

namespace dplaunch {

// How torchrun writes where and how many hosts are, in its options and in its PET_* variables.

/// A host, by name or address, and perhaps a port there.
struct HostEndpoint {
  std::string host;
  std::optional<int> port;
};

/// "HOST", "HOST:PORT", "[IPv6]" and "[IPv6]:PORT"; an IPv6 address without brackets has no port.
/// nullopt: there is no host in it, or what stands behind the colon is no port (0 to 65535).
std::optional<HostEndpoint> parse_endpoint(const std::string& text);

/// Of --rdzv-backend: those whose meeting place is host 0, as it is here. The others need a service
/// of their own (etcd).
inline constexpr char kC10d[] = "c10d";
inline constexpr char kStatic[] = "static";
bool meets_at_host_0(const std::string& backend);
/// Its --rdzv-id where none is given.
inline constexpr char kNoJobId[] = "none";

/// The port of the launchers' meeting where none is said: torchrun's --master-port, and that of an
/// endpoint of its backend c10d.
inline constexpr int kUsualMasterPort = 29500;
inline constexpr int kUsualC10dPort = 29400;

/// How many hosts a job has, at least and at most.
struct HostCount {
  int least = 1;
  int most = 1;
};

/// "4", or "2:4"; nullopt unless 1 <= least <= most.
std::optional<HostCount> parse_host_count(const std::string& text);

}  // namespace dplaunch
