#!/usr/bin/env bash
# What it costs a training step on the CPU to be measured: the step clock's, the status board's and
# the trace's calls of a step alone, in nanoseconds. To be set against the time of a step.
#
#   scripts/bench/measuring_cost.sh [BUILD]     BUILD is a configured build folder (build/release)
#
# Environment: ROUNDS (5).
source "$(dirname "${BASH_SOURCE[0]}")/../lib/steps.sh"
cd "$repository"

build=${1:-build/release}
[[ $# -le 1 && -e $build/CMakeCache.txt ]] || usage_error "no configured build folder: $*"
cmake --build "$build" --target measuring_cost >/dev/null
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for _ in $(seq "${ROUNDS:-5}"); do
  "$build/bin/measuring_cost" "$folder/board"
done | sort -g | awk '
  { ns[NR] = $1 }
  END { printf "%.0f ns a step (%.0f to %.0f, %d rounds)\n", ns[int((NR + 1) / 2)], ns[1], ns[NR], NR }'
