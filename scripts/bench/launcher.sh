#!/usr/bin/env bash
# dplaunch as a launcher, side by side with torchrun on this machine: how fast it starts, notices and
# ends, what it costs, and what is left of a job when things go wrong. Both start the same small
# worker (timed_worker.c), two processes; the two run in turn, so that a slow minute of the machine
# meets both.
#
#   scripts/bench/launcher.sh [--quick]       about three minutes; --quick: under two
#
# Environment: BIN (folder of dplaunch), TORCHRUN (of torch 2.11), CC.
set -euo pipefail
cd "$(dirname "$0")/../.."

options=()
case ${1:-} in
  '') ;;
  --quick) options=(--quick) ;;
  *)
    sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
bin=${BIN:-build/release/bin}
deps=${DPLAUNCH_DEPS:-${XDG_CACHE_HOME:-$HOME/.cache}/dplaunch}
found=("$deps"/libtorch-*-cuda/bin/torchrun)
torchrun=${TORCHRUN:-${found[0]}}
[[ -x $bin/dplaunch ]] || { echo "no $bin/dplaunch: build it (scripts/quickstart.sh) or set BIN" >&2; exit 2; }
[[ -x $torchrun ]] || { echo "no torchrun in $deps: scripts/setup.sh installs it, or set TORCHRUN" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${CC:-cc}" -O2 -static -o "$work/timed_worker" scripts/bench/timed_worker.c
"$(dirname "$torchrun")/python" scripts/bench/launcher_rows.py "${options[@]}" --work "$work" \
  --dplaunch "$bin/dplaunch" --torchrun "$torchrun"
