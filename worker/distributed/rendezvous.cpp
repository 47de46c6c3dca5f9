#include "worker/distributed/rendezvous.h"

#include <c10/util/Logging.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

namespace dplaunch {
namespace {

c10d::TCPStoreOptions store_options(const RankEnvironment& environment,
                                    std::chrono::milliseconds timeout) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<std::uint16_t>(environment.master_port);
  options.isServer = environment.rank == 0 && !environment.has_agent_store;
  options.numWorkers = static_cast<std::size_t>(environment.world_size);
  options.timeout = timeout;
  // The launcher has bound the port already, so that no other program can take it meanwhile.
  if (environment.rank == 0 && environment.store_fd >= 0) {
    options.masterListenFd = environment.store_fd;
  }
  return options;
}

}  // namespace

c10::intrusive_ptr<c10d::Store> rendezvous(const RankEnvironment& environment,
                                           std::chrono::milliseconds timeout) {
  c10::initLogging();  // so that TORCH_CPP_LOG_LEVEL counts, as in Python
  auto store = c10::make_intrusive<c10d::TCPStore>(environment.master_addr,
                                                   store_options(environment, timeout));
  return c10::make_intrusive<c10d::PrefixStore>(
      environment.run_id + "/" + std::to_string(environment.restart_count), store);
}

}  // namespace dplaunch
