#include "launcher/affinity/cpu_binding.h"

#include <fmt/core.h>

#include "base/error.h"
#include "base/text/choice.h"
#include "base/text/number_ranges.h"

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
  return number_ranges(cpus);
}

std::string describe(const CpuBinding& binding) {
  if (!binding.is_bound()) return "not bound";
  return fmt::format("{} (NUMA {} {}{})", cpu_list(binding.cpus),
                     binding.numa_nodes.size() == 1 ? "node" : "nodes",
                     cpu_list(binding.numa_nodes), binding.is_near_gpu ? ", near the GPU" : "");
}

}  // namespace dplaunch
