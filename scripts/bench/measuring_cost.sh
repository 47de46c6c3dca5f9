#!/usr/bin/env bash
# What it costs a training step on the CPU to be measured: the step clock's, the status board's and
# the trace's calls of a step alone, in nanoseconds. To be set against the time of a step.
#
#   scripts/bench/measuring_cost.sh [BUILD]     BUILD is a configured build folder (build/release)
#
# Environment: ROUNDS (5).
set -euo pipefail
cd "$(dirname "$0")/../.."

build=${1:-build/release}
if [[ $# -gt 1 || ! -e $build/CMakeCache.txt ]]; then
  sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
cmake --build "$build" --target measuring_cost >/dev/null
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for _ in $(seq "${ROUNDS:-5}"); do
  "$build/bin/measuring_cost" "$folder/board"
done | sort -g | awk '
  { ns[NR] = $1 }
  END { printf "%.0f ns a step (%.0f to %.0f, %d rounds)\n", ns[int((NR + 1) / 2)], ns[1], ns[NR], NR }'
