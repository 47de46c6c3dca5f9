#!/usr/bin/env bash
# A soak of kill and resume: trains a small job on real data, and for MINUTES kills a random rank or
# the launcher, or asks the launcher to stop, at random moments; each time --resume goes on. Then
# trains as many epochs unbroken. Prints a line for each kill. Exit code 1, with what is wrong, unless
#   - the end is the unbroken run's: parameter digest, losses and accuracies, bytes of the tensors;
#   - after each kill no process of the job was left, and each checkpoint could be loaded in Python;
#   - each end had its exit code, and a stop that was asked for lost no step.
#
#   scripts/soak.sh ROOT [MINUTES=10] [SEED]     ROOT holds CIFAR-100's train.bin, test.bin
#
# SEED is that of an earlier soak, which prints it: the same kinds of kill in the same order, after the
# same shares of the time (what they meet depends on the machine).
# Environment: BIN (folder of dplaunch), KEEP (a folder in which the runs are kept).
source "$(dirname "${BASH_SOURCE[0]}")/lib/steps.sh"
source "$repository/scripts/lib/libtorch.sh"

[[ $# -le 3 && -d ${1:-} ]] || usage_error "no folder ROOT: '${1:-}'"
bin=${BIN:-$repository/build/release/bin}
[[ -x $bin/dplaunch ]] || fail "no $bin/dplaunch" "build it (scripts/quickstart.sh) or set BIN"
python=$(test_python)
exec "$python" -B "$repository/scripts/soak/main.py" "$bin" "$@"
