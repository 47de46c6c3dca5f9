#include "launcher/affinity/cpu_binding.h"

#include <fmt/core.h>

#include "base/error.h"
#include "base/text/choice.h"

namespace dplaunch {

Bind parse_bind(const std::string& text) {
  const auto bind =
      choice_of<Bind>(text, {{"none", Bind::kNone}, {"core", Bind::kCore}, {"numa", Bind::kNuma}});
  if (bind) return *bind;
  throw Error(ExitCode::kUsage, fmt::format("--bind \"{}\": no such kind of binding", text),
              "allowed are none, core (cores of its own for each process) and numa (the cores near "
              "its GPU)");
}

std::string cpu_list(const Cpus& cpus) {
  std::string list;
  for (std::size_t first = 0; first < cpus.size();) {
    std::size_t last = first;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    if (!list.empty()) list += ',';
    list += std::to_string(cpus[first]);
    if (last > first) list += fmt::format("-{}", cpus[last]);
    first = last + 1;
  }
  return list;
}

std::string describe(const CpuBinding& binding) {
  if (!binding.is_bound()) return "not bound";
  return fmt::format("{} (NUMA {} {}{})", cpu_list(binding.cpus),
                     binding.numa_nodes.size() == 1 ? "node" : "nodes",
                     cpu_list(binding.numa_nodes), binding.is_near_gpu ? ", near the GPU" : "");
}

}  // namespace dplaunch
