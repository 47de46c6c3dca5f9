#include <unistd.h>

#include "launcher/commands/doctor/probes.h"

namespace dplaunch::doctor {

EnvironmentFacts probe_environment() {
  EnvironmentFacts facts;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) continue;
    facts.variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  facts.interfaces = network_interfaces();
  return facts;
}

}  // namespace dplaunch::doctor
