#pragma once

#include <string>

namespace dplaunch {

/// This host's place among the hosts of a job. Each host runs its own launcher, with the same
/// number of processes.
struct Hosts {
  int count = 1;
  int index = 0;                          ///< --node-rank
  std::string master_addr = "127.0.0.1";  ///< of host 0, as seen from all
  int master_port = 0;                    ///< 0: any free port, possible on one host only
};

}  // namespace dplaunch
