#!/usr/bin/env bash
# The same job on 1, 2 and 4 processes with the same total batch, for several seeds: whether the
# number of processes changes the accuracy. Ends in a table. Run it again to go on where it was
# broken off.
#
#   scripts/bench/scale_accuracy.sh ROOT [dplaunch options]     ROOT holds CIFAR-100's two files
#
# Environment: BIN (folder of dplaunch), CONFIG (configs/config_cpu.yml), BATCH (128, in all),
# PROCESSES ("1 2 4"), SEEDS ("0 1 2"), DEVICE (cpu: "cpu:N"; gpu: "auto:N"), RUNS (runs/scale).
source "$(dirname "${BASH_SOURCE[0]}")/../lib/steps.sh"
cd "$repository"

[[ -d ${1:-} ]] || usage_error "no folder ROOT: '${1:-}'"
root=$1
shift
bin=${BIN:-build/release/bin}
config=${CONFIG:-configs/config_cpu.yml}
batch=${BATCH:-128}
processes=${PROCESSES:-1 2 4}
seeds=${SEEDS:-0 1 2}
runs=${RUNS:-runs/scale}
case ${DEVICE:-cpu} in
  cpu) devices=cpu: ;;
  gpu) devices=auto: ;;
  *) echo "DEVICE is cpu or gpu, not '$DEVICE'" >&2; exit 2 ;;
esac

for seed in $seeds; do
  for count in $processes; do
    name=processes-$count-seed-$seed
    [[ -e $runs/$name/summary.json ]] && grep -q '"status": "finished"' "$runs/$name/summary.json" && continue
    resume=()
    [[ -e $runs/$name ]] && resume=(--resume)
    echo "== $name" >&2
    "$bin/dplaunch" --device "$devices$count" -c "$config" --root "$root" --log-dir "$runs" --name "$name" \
      --set "bsize=$((batch / count))" --set "seed=$seed" "${resume[@]}" "$@" >&2
  done
done

python3 scripts/bench/scale_rows.py "$runs" "$processes" "$seeds"
