#include "launcher/communication/measure_communication.h"

#include <fmt/core.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/files/temporary_folder.h"
#include "common/rank_environment.h"
#include "launcher/hosts/job_hosts.h"
#include "launcher/hosts/rank_network.h"
#include "launcher/plan/make_plan.h"
#include "launcher/process/supervise.h"
#include "launcher/runs/launch_record.h"

namespace dplaunch {
namespace {

LaunchPlan plan_of(const CommunicationJob& job, const Hosts& hosts, const RunFolder& folder) {
  PlanInputs inputs{job.selection, folder};
  inputs.argv = {job.worker.string(), "--run-dir", folder.root().string()};
  const std::vector<std::string> words = to_arguments(job.request);
  inputs.argv.insert(inputs.argv.end(), words.begin(), words.end());
  inputs.usable_cores = job.usable_cores;
  inputs.binding = bind_devices(job.selection, kDefaultBind, job.usable_cores);
  inputs.inherited = process_variable;
  inputs.hosts = hosts;
  inputs.supervision = job.supervision;
  return make_plan(inputs);
}

void meet_others(const CommunicationJob& job, HostChannel& channel, Hosts& hosts) {
  HostFacts facts;
  facts.processes = job.selection.processes();
  meet_hosts(channel, hosts, std::move(facts),
             named_interface(!job.selection.is_cpu(), process_variable));
}

}  // namespace

CommunicationResult measure_communication(const CommunicationJob& job, bool keeps_logs,
                                          std::ostream& out, std::ostream& err) {
  TemporaryFolder temporary("dplaunch-communication");
  const RunFolder folder(temporary.path());
  Hosts hosts = job.hosts;
  const std::unique_ptr<HostChannel> channel = enter_job(hosts, err);
  if (channel) told_to_others(channel.get(), [&] { meet_others(job, *channel, hosts); });
  const LaunchPlan plan = plan_of(job, hosts, folder);
  write_config(folder, job.config);
  CommunicationResult result{supervise(plan, out, err, channel.get()), {}};
  if (result.exit_code != to_int(ExitCode::kSuccess)) {
    if (keeps_logs) temporary.keep();
    return result;
  }
  if (hosts.index > 0) return result;
  result.record = read_communication(folder.communication());
  if (result.record) return result;
  throw Error(ExitCode::kFailure, job.worker.string() + ": ended without a result",
              "it is another version, or DPLAUNCH_WORKER names a program that is no worker");
}

}  // namespace dplaunch
