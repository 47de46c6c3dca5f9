#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "launcher/commands/doctor/findings.h"

namespace dplaunch::doctor {

struct NetworkFacts {
  std::string host_name;
  std::string resolve_problem;             ///< empty if the name resolves
  std::int64_t resolve_ms = 0;             ///< how long that took
  std::vector<std::string> addresses;      ///< what it resolves to
  std::vector<std::string> own_addresses;  ///< of this machine's interfaces
  std::vector<std::string> interfaces;     ///< their names
  std::string loopback_problem;            ///< empty if a connection to 127.0.0.1 works
  std::int64_t loopback_name_ms = 0;       ///< how long the name of ::ffff:127.0.0.1 took
  bool is_usual_port_free = true;          ///< 29500, the default of several hosts
};

NetworkFacts probe_network();

/// Whether the name of this host leads to it.
Findings check_host_name(const NetworkFacts& facts);
/// Whether ranks on this host reach each other.
Findings check_ports(const NetworkFacts& facts);

}  // namespace dplaunch::doctor
