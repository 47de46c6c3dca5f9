#!/usr/bin/env bash
# dplaunch as a launcher, side by side with torchrun on this machine: how fast it starts, notices and
# ends, what it costs, and what is left of a job when things go wrong. Both start the same small
# worker (timed_worker.c), two processes; the two run in turn, so that a slow minute of the machine
# meets both.
#
#   scripts/bench/launcher.sh [--quick]       about three minutes; --quick: under two
#
# Environment: BIN (folder of dplaunch), TORCHRUN (of torch 2.11), CC.
source "$(dirname "${BASH_SOURCE[0]}")/../lib/steps.sh"
source "$repository/scripts/lib/libtorch.sh"
cd "$repository"

options=()
case ${1:-} in
  '') ;;
  --quick) options=(--quick) ;;
  *) usage_error "unknown option '$1'" ;;
esac
bin=${BIN:-build/release/bin}
python=$(test_python)
torchrun=${TORCHRUN:-$(dirname "$python")/torchrun}
[[ -x $bin/dplaunch ]] || fail "no $bin/dplaunch" "build it (scripts/quickstart.sh) or set BIN"
[[ -x $torchrun ]] || fail "no $torchrun" "run scripts/setup.sh --tests, or set TORCHRUN"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${CC:-cc}" -O2 -static -o "$work/timed_worker" scripts/bench/timed_worker.c
"$(dirname "$torchrun")/python" scripts/bench/launcher_rows.py "${options[@]}" --work "$work" \
  --dplaunch "$bin/dplaunch" --torchrun "$torchrun"
