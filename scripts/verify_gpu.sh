#!/usr/bin/env bash
# Checks on a machine with a GPU what only a GPU can show, and writes docs/gpu-report.md: a row for
# each figure with its limit, then the machine. A check that fails is a row too, with its last
# words, and the others go on. Exit code 1 if any failed.
#   scripts/verify_gpu.sh [--device DEVICES] [--only GROUP...] [--report FILE] [--deadline SECONDS]
#                         [--keep DIR] [--root DIR] [--seeds N] [--rehearse]
#     --device DEVICES    the GPUs to use, as dplaunch takes them (all); two show more than one
#     --only GROUP...     tools, correctness, loaders, sanitizer, all-reduce, overlap, memory, failure,
#                         speed or accuracy; all of them if left out
#     --report FILE       docs/gpu-report.md if left out; it is whole after each row
#     --deadline SECONDS  what has not begun by then is not run, and what runs is broken off
#     --keep DIR          runs, data and rows are kept here: another call with the same DIR adds its rows to
#                         those that are there, so that one report is made in several stages
#     --root DIR          the real CIFAR-100, for the accuracy; the other checks make a synthetic set
#     --seeds N           runs of configs/config_fast.yml (3)
#     --rehearse          every step on the CPU, tiny: shows that the checks work, measures nothing;
#                         without --report the report goes into a temporary file
#   BIN=FOLDER          programs that are built already: nothing is built or installed
# A machine without the sources gets a bundle: scripts/package_gpu_check.sh.
source "$(dirname "${BASH_SOURCE[0]}")/lib/steps.sh"
source "$repository/scripts/lib/libtorch.sh"

if [[ -z ${BIN:-} && -e $repository/COMMIT ]]; then BIN=$repository/bin; fi # a bundle
if [[ -z ${BIN:-} ]]; then
  cd "$repository"
  "$repository/scripts/setup.sh" --cuda --tests
  configure_and_build ci
  BIN=build/ci/bin
fi
for program in dplaunch dplaunch-worker-cpu dplaunch-worker-cuda; do
  [[ -x $BIN/$program ]] || fail "no $BIN/$program" "unset BIN, and it is built"
done
python=$(python_with numpy pytest safetensors torch yaml)
exec "$python" -B "$repository/scripts/verify_gpu/main.py" --bin "$BIN" "$@"
