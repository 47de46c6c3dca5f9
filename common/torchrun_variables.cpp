#include "common/torchrun_variables.h"

#include <fmt/core.h>

#include <string>

#include "base/error.h"
#include "base/text/parse_number.h"
#include "common/torchrun_values.h"

namespace dplaunch {
namespace {

constexpr char kHosts[] = "PET_NNODES";

Error refused(const Told<std::string>& told, const std::string& problem, const std::string& hint) {
  return Error(ExitCode::kUsage,
               fmt::format("environment: {}=\"{}\": {}", told.by, told.value, problem), hint);
}

void check_backend(const std::optional<Told<std::string>>& backend) {
  if (!backend || meets_at_host_0(backend->value)) return;
  throw refused(*backend, "the hosts' launchers meet at host 0, and nowhere else",
                fmt::format("set it to {}, and PET_RDZV_ENDPOINT to host 0 as all of them reach "
                            "it; --nnodes, --node-rank and --master-addr replace these variables",
                            kC10d));
}

}  // namespace

void add_pet_hosts(const EngineVariables& variables, EngineTask& task) {
  const auto text = variables.text(kHosts);
  if (!text) return;
  const auto hosts = parse_host_count(text->value);
  if (!hosts) {
    throw refused(*text, "not a number of hosts",
                  "set it to N or MIN:MAX, or give --nnodes N and --min-nodes MIN");
  }
  task.count = Told<int>{hosts->most, kHosts};
  if (hosts->least < hosts->most) task.least = Told<int>{hosts->least, kHosts};
}

void add_pet_rendezvous(const EngineVariables& variables, EngineTask& task) {
  if (task.count && task.count->value <= 1) return;
  const auto backend = variables.text("PET_RDZV_BACKEND");
  check_backend(backend);
  if (task.job_id && task.job_id->value == kNoJobId) task.job_id.reset();
  const auto text = variables.text("PET_RDZV_ENDPOINT");
  if (!text || task.address) return;
  const auto endpoint = parse_endpoint(text->value);
  if (!endpoint) {
    throw refused(*text, "not HOST:PORT",
                  "set it to host 0 as all of them reach it, or give --master-addr HOST");
  }
  task.address = Told<std::string>{endpoint->host, text->by};
  if (task.port) return;
  if (endpoint->port) {
    task.port = Told<int>{*endpoint->port, text->by};
  } else if (backend && backend->value == kC10d) {
    task.port = Told<int>{kUsualC10dPort, "the usual one of " + backend->by};
  }
}

void count_pods(const EngineVariables& variables, EngineTask& task) {
  if (!task.count || task.local) return;
  const auto pods = variables.text(kHosts);
  const auto processes = variables.text("PET_NPROC_PER_NODE");
  if (!pods || !processes) return;
  const int hosts = parse_number<int>(pods->value).value_or(0);
  const int on_each = parse_number<int>(processes->value).value_or(0);
  if (hosts < 1 || on_each < 1 || task.count->value / hosts != on_each) return;
  if (task.count->value % hosts == 0) task.count = Told<int>{hosts, pods->by};
}

}  // namespace dplaunch
