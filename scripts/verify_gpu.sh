#!/usr/bin/env bash
# Checks on a machine with a GPU what only a GPU can show, and writes docs/gpu-report.md: a row for
# each figure with its limit, then the machine. A check that fails is a row too, with its last
# words, and the others go on. Exit code 1 if any failed.
#   scripts/verify_gpu.sh [--device DEVICES] [--root DIR [--full]] [--rehearse]
#     --device DEVICES  the GPUs to use, as dplaunch takes them (all); two show more than one
#     --root DIR        the real CIFAR-100; the other checks make a synthetic set
#     --full            also five seeds of configs/config_fast.yml, which takes hours
#     --rehearse        every step on the CPU, tiny: shows that the checks work, measures nothing;
#                       the report goes into a temporary file
#   BIN=FOLDER          programs that are built already: nothing is built or installed
source "$(dirname "${BASH_SOURCE[0]}")/lib/steps.sh"
source "$repository/scripts/lib/libtorch.sh"

if [[ -z ${BIN:-} ]]; then
  cd "$repository"
  "$repository/scripts/setup.sh" --cuda --tests
  configure_and_build ci
  BIN=build/ci/bin
fi
for program in dplaunch dplaunch-worker-cpu dplaunch-worker-cuda; do
  [[ -x $BIN/$program ]] || fail "no $BIN/$program" "unset BIN, and it is built"
done
python=$(test_python)
exec "$python" -B "$repository/scripts/verify_gpu/main.py" --bin "$BIN" "$@"
