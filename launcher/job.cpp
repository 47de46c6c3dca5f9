#include "launcher/job.h"

#include <ostream>

#include "common/error.h"
#include "common/rank_environment.h"
#include "launcher/plan/bind_devices.h"
#include "launcher/plan/check_data.h"
#include "launcher/plan/make_plan.h"
#include "launcher/plan/prepare_run_folder.h"
#include "launcher/plan/print_plan.h"
#include "launcher/plan/usable_cores.h"

namespace dplaunch {
namespace {

/// Leaves the GPUs unasked for a job on the CPU: the driver can take a second to wake up.
MachineDevices look_at_machine(const DeviceRequest& request) {
  MachineDevices machine;
  if (request.kind != DeviceKind::kCpu) machine.probe = probe_gpus();
  machine.visible_devices = process_variable("CUDA_VISIBLE_DEVICES");
  machine.usable_cores = usable_cores();
  return machine;
}

}  // namespace

Job resolve_job(const LaunchOptions& options, ChosenRun run) {
  Job job;
  job.run = std::move(run);
  job.grace = options.grace;
  job.started = std::time(nullptr);
  const DeviceRequest request = parse_device_string(options.device);
  job.machine = look_at_machine(request);
  job.devices = select_devices(request, job.machine);
  job.worker =
      find_worker(job.devices.is_cpu() ? WorkerKind::kCpu : WorkerKind::kCuda, worker_places());
  return job;
}

LaunchPlan plan_job(const Job& job, const RunFolder& folder) {
  PlanInputs inputs{job.devices, job.run.resolved.config, folder};
  inputs.append_logs = job.run.resumed.has_value();
  inputs.from_checkpoint = job.run.has_checkpoint;
  inputs.worker = job.worker.path;
  inputs.usable_cores = job.machine.usable_cores;
  inputs.binding = bind_devices(job.devices, job.bind);
  inputs.user_omp_num_threads = process_variable("OMP_NUM_THREADS");
  inputs.grace = job.grace;
  LaunchPlan plan = make_plan(inputs);
  plan.notes.insert(plan.notes.end(), job.run.notes.begin(), job.run.notes.end());
  return plan;
}

int dry_run(const Job& job, std::ostream& out) {
  LaunchPlan plan = plan_job(job, expected_run_folder(job.run, job.started));
  std::optional<DataSet> data;
  try {
    data = check_data(job.run.resolved, job.devices.processes());
  } catch (const Error& error) {
    plan.notes.push_back(std::string("warning: ") + error.what() +
                         (error.hint().empty() ? "" : "; " + error.hint()));
  }
  std::error_code error;
  const auto& folder = plan.run_folder->root();
  if (!job.run.resumed && std::filesystem::exists(folder, error)) {
    plan.notes.push_back("warning: " + folder.string() + " exists; it would need --resume");
  }
  if (!job.worker.problem.empty()) plan.notes.push_back("warning: " + job.worker.problem);
  if (job.run.is_finished) plan.notes.push_back("the run is finished: nothing would be started");
  print_header(out, plan, job.run.resolved.config, data);
  print_ranks(out, plan);
  return to_int(ExitCode::kSuccess);
}

}  // namespace dplaunch
