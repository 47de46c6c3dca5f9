#!/usr/bin/env bash
# The input pipeline on one core (random crop with reflection, flip, normalise, batch) against
# torchvision's transforms in torch's DataLoader, in turn; images per second of CPU time.
#
#   scripts/bench/input_pipeline.sh ROOT [BUILD]     ROOT holds CIFAR-100's two files
#
# BUILD is a configured build folder (build/release). Environment: PAIRS (5), SECONDS_EACH (3),
# BSIZE (128), PYTHON (with torch, and torchvision or a PYTHONPATH to it).
source "$(dirname "${BASH_SOURCE[0]}")/../lib/steps.sh"
source "$repository/scripts/lib/libtorch.sh"
cd "$repository"

[[ -d ${1:-} ]] || usage_error "no folder ROOT: '${1:-}'"
root=$1
build=${2:-build/release}
pairs=${PAIRS:-5} seconds=${SECONDS_EACH:-3} bsize=${BSIZE:-128}
python=${PYTHON:-$(test_python)}
train=$root/train.bin
[[ -e $train ]] || train=$root/cifar-100-binary/train.bin
records=$(($(stat -c %s "$train") / 3074))

cmake --build "$build" --target input_pipeline >/dev/null
for _ in $(seq "$pairs"); do
  "$build/bin/input_pipeline" "$train" "$records" "$seconds" "$bsize"
  "$python" scripts/bench/input_pipeline_peer.py "$root" "$seconds" "$bsize"
done | "$python" -c '
import statistics, sys
rates = [float(line) for line in sys.stdin]
ours, peers = rates[0::2], rates[1::2]
ratios = sorted(a / b for a, b in zip(ours, peers, strict=True))
print(f"dplaunch {statistics.median(ours):,.0f}, torchvision and DataLoader {statistics.median(peers):,.0f} "
      f"images per second of one core; {statistics.median(ratios):.1f} times as many "
      f"({ratios[0]:.1f} to {ratios[-1]:.1f}, {len(ratios)} pairs)")'
