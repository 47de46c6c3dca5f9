#include "launcher/command_line/foreign_options.h"

#include <algorithm>
#include <array>

namespace dplaunch {
namespace {

constexpr char kLogs[] = "each rank's output is always in its rank-N.log; --log-dir chooses where";
constexpr char kShow[] = "--show RANKS chooses whose output is shown; all of it is in rank-N.log";
constexpr char kHosts[] = "start dplaunch on each host, with --nnodes and --node-rank";
constexpr char kOwn[] = "leave it out: it is for the script, or its configuration";
constexpr char kCores[] = "leave it out: --bind numa, core or none chooses the cores";
constexpr char kInherited[] = "leave it out: what is exported is inherited";

constexpr std::array kForeignOptions = {
    // torchrun 2.11 (docs.pytorch.org/docs/stable/elastic/run.html).
    ForeignOption{"-r", 1, "", kLogs},
    ForeignOption{"--redirects", 1, "", kLogs},
    ForeignOption{"-t", 1, "", kShow},
    ForeignOption{"--tee", 1, "", kShow},
    ForeignOption{"--local-ranks-filter", 1, "--show {value}"},
    ForeignOption{"--duplicate-stdout-filters", 1, "", kShow},
    ForeignOption{"--duplicate-stderr-filters", 1, "", kShow},
    ForeignOption{"-m", 1, "python -m {value}", "", Place::kCommand},
    ForeignOption{"--module", 1, "python -m {value}", "", Place::kCommand},
    ForeignOption{"--no-python", 0, "", "", Place::kProgram},
    ForeignOption{"--run-path", 0, ""},
    ForeignOption{"--local-addr", 1, "", "leave it out: only host 0 has an address, --master-addr"},
    ForeignOption{"--monitor-interval", 1, "", "leave it out: ends are seen as they happen"},
    ForeignOption{"--start-method", 1, "", "leave it out: every rank is a program of its own"},
    ForeignOption{"--logs-specs", 1, "", "--log-dir DIR chooses where logs go"},
    ForeignOption{"--event-log-handler", 1, "",
                  "leave it out: summary.json in the run folder has it"},
    ForeignOption{"--signals-to-handle", 1, "",
                  "leave it out: all are handled; --preempt-signal adds one"},
    ForeignOption{"--virtual-local-rank", 0, "--isolate-devices"},
    ForeignOption{"--numa-binding", 1, "", kCores},
    // Accelerate.
    ForeignOption{"--multi-gpu", 0, "--device all"},
    ForeignOption{"--cpu", 0, "--device cpu"},
    ForeignOption{"--use-cpu", 0, "--device cpu"},
    ForeignOption{"--num-processes", 1, "--nproc-per-node {value}"},
    ForeignOption{"--num-machines", 1, "--nnodes {value}"},
    ForeignOption{"--machine-rank", 1, "--node-rank {value}"},
    ForeignOption{"--main-process-ip", 1, "--master-addr {value}"},
    ForeignOption{"--main-process-port", 1, "--master-port {value}"},
    ForeignOption{"--gpu-ids", 1, "--device {value}"},
    ForeignOption{"--num-cpu-threads-per-process", 1, "OMP_NUM_THREADS={value}", "",
                  Place::kEnvironment},
    ForeignOption{"--mixed-precision", 1, "", kOwn},
    ForeignOption{"--dynamo-backend", 1, "", kOwn},
    ForeignOption{"--use-deepspeed", 0, "", kOwn},
    ForeignOption{"--use-fsdp", 0, "", kOwn},
    ForeignOption{"--same-network", 0, "", "leave it out: --master-addr says where they meet"},
    ForeignOption{"--enable-cpu-affinity", 0, "", kCores},
    // DeepSpeed.
    ForeignOption{"--num-gpus", 1, "--nproc-per-node {value}"},
    ForeignOption{"--num-nodes", 1, "--nnodes {value}"},
    ForeignOption{"--include", 1, "--device {tail}"},
    ForeignOption{"-i", 1, "--device {tail}"},
    ForeignOption{"--exclude", 1, "--device all,!{tail}"},
    ForeignOption{"-e", 1, "--device all,!{tail}"},
    ForeignOption{"--hostfile", 1, "", kHosts},
    ForeignOption{"--launcher", 1, "", kHosts},
    ForeignOption{"--launcher-args", 1, "", kHosts},
    ForeignOption{"--no-local-rank", 0, "", "leave it out: scripts get LOCAL_RANK alone"},
    ForeignOption{"--bind-cores-to-rank", 0, "--bind core"},
    ForeignOption{"--bind-core-list", 1, "", kCores},
    // mpirun, horovodrun, srun.
    ForeignOption{"-np", 1, "--nproc-per-node {value}"},
    ForeignOption{"--np", 1, "--nproc-per-node {value}"},
    ForeignOption{"-n", 1, "--nproc-per-node {value}"},
    ForeignOption{"--ntasks", 1, "--nproc-per-node {value}"},
    ForeignOption{"--ntasks-per-node", 1, "--nproc-per-node {value}"},
    ForeignOption{"--npernode", 1, "--nproc-per-node {value}"},
    ForeignOption{"-npernode", 1, "--nproc-per-node {value}"},
    ForeignOption{"-ppn", 1, "--nproc-per-node {value}"},
    ForeignOption{"--ppn", 1, "--nproc-per-node {value}"},
    ForeignOption{"-N", 1, "--nnodes {value}"},
    ForeignOption{"--nodes", 1, "--nnodes {value}"},
    ForeignOption{"--gpus", 1, "", "--device 0,1 says which, --device auto:N how many idle ones"},
    ForeignOption{"-H", 1, "", kHosts},
    ForeignOption{"--host", 1, "", kHosts},
    ForeignOption{"--hosts", 1, "", kHosts},
    ForeignOption{"-hostfile", 1, "", kHosts},
    ForeignOption{"--machinefile", 1, "", kHosts},
    ForeignOption{"-x", 1, "{value}", kInherited, Place::kEnvironment},
    ForeignOption{"-genv", 2, "", kInherited},
    ForeignOption{"--mca", 2, "", "leave it out: no MPI is used"},
    ForeignOption{"-mca", 2, "", "leave it out: no MPI is used"},
    ForeignOption{"--bind-to", 1, "--bind {value}"},
    ForeignOption{"-bind-to", 1, "--bind {value}"},
    ForeignOption{"--map-by", 1, "", kCores},
    ForeignOption{"-map-by", 1, "", kCores},
    ForeignOption{"--report-bindings", 0, "", "--dry-run shows the cores"},
    ForeignOption{"--oversubscribe", 0, "", "leave it out: processes may share cores"},
    ForeignOption{"--allow-run-as-root", 0, "", "leave it out: root may"},
    ForeignOption{"--tag-output", 0, "", "leave it out: each line has its rank"},
    ForeignOption{"--output-filename", 1, "--log-dir {value}"},
    ForeignOption{"--start-timeout", 1, "", "leave it out: one host starts at once"},
    ForeignOption{"--gloo", 0, "", kOwn},
    ForeignOption{"--mpi", 0, "", kOwn},
};

}  // namespace

const ForeignOption* find_foreign_option(std::string_view name) {
  const auto* found =
      std::find_if(kForeignOptions.begin(), kForeignOptions.end(),
                   [&](const ForeignOption& option) { return option.name == name; });
  return found == kForeignOptions.end() ? nullptr : found;
}

}  // namespace dplaunch
