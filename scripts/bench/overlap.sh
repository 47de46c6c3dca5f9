#!/usr/bin/env bash
# What overlapping all-reduce with backward hides, on a slow network: two hosts pretended by network
# namespaces and joined by a link of limited rate train the same job with buckets of BUCKET_MB,
# whose all-reduces start while backward computes, and with a single bucket of all gradients but the
# first MiB, whose all-reduce starts when backward has computed its last one. In turn (A B A B), so
# that a slow minute of the machine meets both; medians of the shares that metrics.jsonl gives.
#
#   scripts/bench/overlap.sh ROOT [MODEL]     ROOT holds CIFAR-100's train.bin, test.bin; needs root
#
# Environment: RUNS (3, of each), STEPS (20), BSIZE (64, per process), WIDTH (32), RATE (100mbit),
# BUCKET_MB (1), BIN (folder of dplaunch).
source "$(dirname "${BASH_SOURCE[0]}")/../lib/steps.sh"
cd "$repository"
export PATH=$PATH:/usr/sbin:/sbin

[[ -d ${1:-} ]] || usage_error "no folder ROOT: '${1:-}'"
root=$1
model=${2:-resnet18}
runs=${RUNS:-3} steps=${STEPS:-20} bsize=${BSIZE:-64} width=${WIDTH:-32} rate=${RATE:-100mbit}
bucket_mb=${BUCKET_MB:-1}
everything_mb=1024 # more than the model has
bin=${BIN:-build/release/bin}
[[ -x $bin/dplaunch ]] || fail "no $bin/dplaunch" "build it (scripts/quickstart.sh) or set BIN"
[[ $(id -u) == 0 ]] || { echo "network namespaces need root" >&2; exit 2; }

work=$(mktemp -d)
host=("dplaunch-$$-0" "dplaunch-$$-1")
address=(10.78.0.1 10.78.0.2)

other= # the launcher in the background

clean_up() {
  [[ -z $other ]] || kill "$other" 2>/dev/null || true
  ip netns del "${host[0]}" 2>/dev/null || true
  ip netns del "${host[1]}" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT

join_hosts() {
  local i
  ip netns add "${host[0]}"
  ip netns add "${host[1]}"
  ip -n "${host[0]}" link add net type veth peer name net netns "${host[1]}"
  for i in 0 1; do
    ip -n "${host[i]}" link set lo up
    ip -n "${host[i]}" addr add "${address[i]}/24" dev net
    ip -n "${host[i]}" link set net up
    tc -n "${host[i]}" qdisc add dev net root tbf rate "$rate" burst 64kb latency 200ms
  done
}

train_on() { # train_on HOST NAME BUCKET_MB
  ip netns exec "${host[$1]}" env GLOO_SOCKET_IFNAME=net OMP_NUM_THREADS=1 \
    "$bin/dplaunch" --device cpu:1 --nnodes 2 --node-rank "$1" --master-addr "${address[0]}" \
    -c configs/config_cpu.yml --root "$root" --name "$2" --log-dir "$work/host-$1" \
    --set "model=$model" --set "width=$width" --set "bsize=$bsize" --set "bucket_mb=$3" \
    --set epochs=1 --set "max_steps=$steps" --set limit_test=64 --set precision=fp32 \
    --set workers=1 >"$work/$2-$1.log" 2>&1
}

run() { # run NAME BUCKET_MB
  train_on 1 "$1" "$2" &
  other=$!
  if ! train_on 0 "$1" "$2" || ! wait "$other"; then
    tail -n 20 "$work/$1"-*.log >&2
    exit 1
  fi
  other=
}

join_hosts
echo "$model, width $width, 2 x $bsize images, $steps steps, 1 thread a process, $rate, $runs runs of each"
for i in $(seq "$runs"); do
  run "overlap-$i" "$bucket_mb"
  run "without-$i" "$everything_mb"
  echo "pair $i of $runs done"
done
python3 scripts/bench/overlap_rows.py "$work/host-0" "$runs" "$bucket_mb"
