#include "launcher/commands/commands.h"

#include <array>

namespace dplaunch {
namespace {

constexpr std::array kSubcommands = {
    Command{"data", "get the CIFAR-100 data set, or make a synthetic one",
            "Where there is no network, a synthetic set is made, and called one.",
            "dplaunch data --root ./data", declare_data},
    Command{"devices", "show the GPUs, who uses them, and how they are connected", "",
            "dplaunch devices --device auto:2", declare_devices},
    Command{"status", "show how far a run is, also in the background", "",
            "dplaunch status dual --watch", declare_status},
    Command{"top", "all your runs on this host at a glance, live; keys for logs and stopping",
            "On a terminal it is drawn anew every second: ranks, CPU, memory, GPUs, progress, time "
            "left, newest line. What ends meanwhile stays, with the cause. Otherwise it is one "
            "table.",
            "dplaunch top", declare_top},
    Command{"logs", "print what a rank has written", "", "dplaunch logs dual -f --rank all",
            declare_logs},
    Command{
        "stacks", "show where all ranks are, and which is not where the others are",
        "The stacks of all ranks as one tree. The trainer's ranks write their own; of other "
        "programs py-spy (Python), eu-stack or gdb take them, where they are installed. Nothing "
        "is ended, and nothing left stopped.",
        "dplaunch stacks mine --folded stacks.folded", declare_stacks},
    Command{"stop", "end a run as Ctrl-C does; a training writes a checkpoint first", "",
            "dplaunch stop dual", declare_stop},
    Command{"runs", "list the runs: state, age, result, size", "", "dplaunch runs ./runs",
            declare_runs},
    Command{"eval", "measure a checkpoint's accuracy on any number of processes",
            "Prints loss, top-1, top-5, and which classes are taken for which. The checkpoint says "
            "model and everything else. Nothing is left behind below runs/.",
            "dplaunch eval --checkpoint dual --device cpu:2", declare_eval},
    Command{"export", "write a checkpoint's model alone, for PyTorch and others",
            "The file is a safetensors file with the tensors under the names of state_dict().",
            "dplaunch export --checkpoint dual --out dual.safetensors", declare_export},
    Command{"report", "make a page about a run, or several side by side, to show around",
            "One file of HTML with charts: losses, accuracies, speed, where the time went, how "
            "unequal the ranks were, failures and restarts, configuration and machine. It needs "
            "neither a network nor JavaScript, and prints.",
            "dplaunch report dual single --out both.html", declare_report},
    Command{"compare", "say in what two runs differ, and whether one is faster or better",
            "The configuration's differing keys first, then figures in pairs with their intervals. "
            "Runs of --seeds on both sides are compared seed by seed; of two single runs the "
            "epochs are.",
            "dplaunch compare before after", declare_compare},
    Command{"doctor", "check this machine for what goes wrong, and say the remedy",
            "Looks at driver, GPUs and their links, workers, shared memory, limits, host name, "
            "ports, clock, disk space, data set, cores, memory, kernel and inherited environment. "
            "Between several GPUs, or the processes of --device cpu:N, an all-reduce is timed. "
            "Nothing on the machine is changed.",
            "dplaunch doctor --device all", declare_doctor},
    Command{
        "scale", "measure how much faster several processes are than one",
        "In each of several blocks every number of processes is measured once, in random order, "
        "with controls; ratios are of runs of the same block, and have an interval. The same "
        "command goes on with an experiment that was stopped. Behind \"--\" it measures any "
        "script written for torchrun.",
        "dplaunch scale --device cpu --world-sizes 1,2 -c configs/config_cpu.yml", nullptr,
        declare_scale},
    Command{"bench", "time what the processes of a training exchange, and check it",
            "bench comm times all-reduce, broadcast and all-gather between the processes that a "
            "training on these devices would have, over a range of sizes and in the sizes of the "
            "training's buckets of gradients. Every result is checked on every process. What is "
            "slow for the link between them is said, with the reason.",
            "dplaunch bench comm --device all -c configs/config_multi_gpu.yml", declare_bench},
    Command{"simulate", "predict the step time on other numbers of processes",
            "From what was measured, or from what you give. All that it prints is a prediction.",
            "dplaunch simulate --world-sizes 1..64 --step-time 31ms --gradient-bytes 44.9MB --link "
            "100Gb",
            declare_simulate},
    Command{
        "torchrun", "run a script by torchrun's command line, as it is",
        "Every option of torchrun is understood, or said to have no effect, or refused with what "
        "takes its place.",
        "dplaunch torchrun --standalone --nproc-per-node 4 train.py --lr 0.1", nullptr,
        declare_torchrun},
};

}  // namespace

CommandTable commands() {
  return {declare_job, kSubcommands};
}

}  // namespace dplaunch
