#!/usr/bin/env bash
# Speed of dplaunch against a plain Python DDP script (ddp_reference.py) of the same job: model,
# batch, steps, processes, threads, evaluation and checkpoint. The two run in turn, A B A B, so that
# a slow minute of the machine meets both; the result is the median of the pairs' ratios: of the steady
# state's images/s, of the whole job's time, of a rank's peak memory.
#
#   scripts/bench/train_vs_python_ddp.sh ROOT [MODEL]     ROOT holds CIFAR-100's train.bin, test.bin
#
# Environment: PAIRS (5), STEPS (60), BSIZE (64, per process), PROCESSES (2), TEST_IMAGES (2000),
# BIN (folder of dplaunch), PYTHON (with torch 2.11, numpy).
set -euo pipefail
cd "$(dirname "$0")/../.."

if [[ $# -lt 1 || ! -d $1 ]]; then
  sed -n '2,11s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
root=$1
model=${2:-resnet20}
pairs=${PAIRS:-5} steps=${STEPS:-60} bsize=${BSIZE:-64} processes=${PROCESSES:-2}
test_images=${TEST_IMAGES:-2000}
bin=${BIN:-build/release/bin}
deps=${DPLAUNCH_DEPS:-${XDG_CACHE_HOME:-$HOME/.cache}/dplaunch}
found=("$deps"/libtorch-*/bin/python)
python=${PYTHON:-${found[0]}}
warmup=10 # steps that the steady state leaves out, of both
if ((steps % warmup != 0 || steps <= warmup)); then # its progress lines come every `warmup` steps
  echo "STEPS: $steps: must be a multiple of $warmup, and more" >&2
  exit 2
fi
[[ -x $bin/dplaunch ]] || { echo "no $bin/dplaunch: build it (scripts/quickstart.sh) or set BIN" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cores=$(nproc)
threads=$((cores / processes > 0 ? cores / processes : 1))
export OMP_NUM_THREADS=$threads

timed() { "$python" scripts/bench/timed.py "$@"; }

run_dplaunch() {
  timed "$work/dplaunch-$1.timed" "$bin/dplaunch" --device "cpu:$processes" \
    -c configs/config_cpu.yml --root "$root" --name "pair-$1" \
    --set "runs=$work/runs" --set "model=$model" --set "bsize=$bsize" --set epochs=1 \
    --set "max_steps=$steps" --set "limit_test=$test_images" --set "log_every=$warmup" \
    --set precision=fp32 >"$work/dplaunch-$1.log" 2>&1 || { cat "$work/dplaunch-$1.log" >&2; exit 1; }
}

run_python() {
  timed "$work/python-$1.timed" "$python" -m torch.distributed.run --standalone \
    --nproc-per-node "$processes" scripts/bench/ddp_reference.py --root "$root" --model "$model" \
    --bsize "$bsize" --steps "$steps" --warmup-steps "$warmup" --evaluate \
    --limit-test "$test_images" --save "$work/model.pt" \
    >"$work/python-$1.json" 2>"$work/python-$1.err" || { cat "$work/python-$1.err" >&2; exit 1; }
}

echo "$model, $processes x $bsize images, $steps steps, $threads threads a process, $pairs pairs"
for pair in $(seq "$pairs"); do
  run_dplaunch "$pair"
  run_python "$pair"
  echo "pair $pair of $pairs done"
done

"$python" scripts/bench/compare_pairs.py "$work" "$pairs" "$warmup" $((bsize * processes))
