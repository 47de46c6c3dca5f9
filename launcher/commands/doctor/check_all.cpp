#include <algorithm>

#include "launcher/commands/doctor/checks.h"

namespace dplaunch::doctor {

Findings check_all(const Facts& facts) {
  Findings all;
  for (const Findings& findings :
       {check_driver(facts.devices), check_gpus(facts.devices), check_choice(facts.devices),
        check_links(facts.devices), check_worker(facts.worker), check_all_reduce(facts.all_reduce),
        check_shared_memory(facts.shared_memory), check_limits(facts.limits),
        check_host_name(facts.network), check_ports(facts.network), check_clock(facts.clock),
        check_runs_folder(facts.runs), check_data(facts.data), check_cores(facts.cores),
        check_memory(facts.memory), check_kernel(facts.kernel),
        check_environment(facts.environment)}) {
    all.insert(all.end(), findings.begin(), findings.end());
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
  return all;
}

}  // namespace dplaunch::doctor
