#include "launcher/command_line/foreign_options.h"

#include <array>
#include <string_view>

#include "base/error.h"

namespace dplaunch {
namespace {

struct ForeignOption {
  std::string_view name;
  std::string_view instead;
};

// torchrun 2.11 (docs.pytorch.org/docs/stable/elastic/run.html), and what mpirun, DeepSpeed and
// Accelerate call the same things.
constexpr std::array kForeignOptions = {
    ForeignOption{"-r", "each rank's output is always in its rank-N.log; --log-dir chooses where"},
    ForeignOption{"--redirects",
                  "each rank's output is always in its rank-N.log; --log-dir chooses where"},
    ForeignOption{"-t", "--show RANKS chooses whose output is shown; all of it is in rank-N.log"},
    ForeignOption{"--tee",
                  "--show RANKS chooses whose output is shown; all of it is in rank-N.log"},
    ForeignOption{"--local-ranks-filter", "--show RANKS chooses whose output is shown"},
    ForeignOption{"-m", "write the module behind --: dplaunch --device all -- python -m MODULE"},
    ForeignOption{"--module",
                  "write the module behind --: dplaunch --device all -- python -m MODULE"},
    ForeignOption{"--no-python", "write the program behind --: dplaunch --device all -- PROGRAM"},
    ForeignOption{"--run-path", "write it behind --: dplaunch --device all -- python SCRIPT"},
    ForeignOption{"--rdzv-endpoint",
                  "--master-addr HOST --master-port PORT says where host 0 is; one host needs "
                  "neither"},
    ForeignOption{"--rdzv-backend", "leave it out: --nnodes, --node-rank and --master-addr do"},
    ForeignOption{"--rdzv-id", "leave it out: --name NAME names the run"},
    ForeignOption{"--rdzv-conf", "leave it out: --nnodes, --node-rank and --master-addr do"},
    ForeignOption{"--local-addr", "leave it out: only host 0 has an address, --master-addr"},
    ForeignOption{"--monitor-interval", "leave it out: ends are seen as they happen"},
    ForeignOption{"--start-method", "leave it out: every rank is a program of its own"},
    ForeignOption{"--logs-specs", "--log-dir DIR chooses where logs go"},
    ForeignOption{"--role", "leave it out: the role is \"default\""},
    ForeignOption{"--event-log-handler", "leave it out: summary.json in the run folder has it"},
    ForeignOption{"--signals-to-handle",
                  "leave it out: all are handled; --preempt-signal adds one"},
    ForeignOption{"--np", "--device cpu:N or --device 0,1 says how many"},
    ForeignOption{"-n", "--device cpu:N or --device 0,1 says how many"},
    ForeignOption{"--num-gpus", "--device auto:N takes the N idlest GPUs, --device 0-3 these"},
    ForeignOption{"--num-processes", "--device cpu:N or --device 0,1 says how many"},
    ForeignOption{"--gpu-ids", "--device 0,1 says which"},
    ForeignOption{"--include", "--device 0,1 says which"},
    ForeignOption{"--exclude", "--device 'all,!1' leaves one out"},
    ForeignOption{"--hostfile", "start dplaunch on each host, with --nnodes and --node-rank"},
    ForeignOption{"--multi-gpu", "--device all"},
    ForeignOption{"--gpus", "--device 0,1 says which"},
};

}  // namespace

void refuse_foreign_option(const std::string& name) {
  for (const ForeignOption& option : kForeignOptions) {
    if (option.name != name) continue;
    throw Error(ExitCode::kUsage, name + " is another launcher's option",
                std::string(option.instead));
  }
}

}  // namespace dplaunch
