#!/usr/bin/env bash
# Fuzzes what reads text of users and files of others: builds the targets of tests/fuzz/ with libFuzzer,
# AddressSanitizer and UndefinedBehaviorSanitizer, and shares the minutes out to them. Each begins with
# its corpus and with what earlier runs found on this machine (build/fuzz/found). An input that crashes, hangs
# or breaks a property is kept in build/fuzz/artifacts. Exit code 1 if there is any.
#   scripts/fuzz.sh [MINUTES [TARGET...]]     10 minutes, all targets: those of tests/fuzz/CMakeLists.txt
# Needs what scripts/setup.sh --nightly installs (clang with its runtime).
# Environment: JOBS (processes of each target; the number of cores).
source "$(dirname "${BASH_SOURCE[0]}")/lib/steps.sh"
cd "$repository"

minutes=${1:-10}
[[ $minutes =~ ^[0-9]+$ ]] && ((minutes > 0)) || usage_error "not a number of minutes: '$minutes'"
shift || true
jobs=${JOBS:-$(nproc)}
build=$repository/build/fuzz
artifacts=$build/artifacts
mapfile -t all < <(sed -n 's/^dplaunch_add_fuzz_target(\([a-z_]*\) .*/\1/p' tests/fuzz/CMakeLists.txt)
targets=("${@:-${all[@]}}")
for target in "${targets[@]}"; do
  [[ -d tests/fuzz/corpus/$target ]] || usage_error "no target '$target'; there are: ${all[*]}"
done
command -v clang++ >/dev/null || fail "there is no clang++" "run scripts/setup.sh --nightly"

# What a target writes is written very often: into memory, where there is such a folder.
TMPDIR=$(mktemp -d -p "$([[ -w /dev/shm ]] && echo /dev/shm || echo "${TMPDIR:-/tmp}")" dplaunch-fuzz-XXXXXX)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

# fuzz TARGET SECONDS: false if it found something. What yaml-cpp or the JSON library need for an input
# of 4 KiB is far below the limits of time and memory.
fuzz() {
  local target=$1
  mkdir -p "$build/found/$target" "$artifacts/$target"
  "$build/bin/fuzz_$target" "-fork=$jobs" "-max_total_time=$2" -max_len=4096 -timeout=10 \
    -rss_limit_mb=1024 "-artifact_prefix=$artifacts/$target/" "$build/found/$target" \
    "tests/fuzz/corpus/$target"
}

configure fuzz
step "build ${targets[*]}" cmake --build --preset fuzz -j "$(build_jobs)" --target "${targets[@]/#/fuzz_}"
seconds=$((minutes * 60 / ${#targets[@]}))
failed=()
for target in "${targets[@]}"; do
  log=$log_folder/fuzz-$target.log
  say "$target for $seconds s ... (log: $log)"
  fuzz "$target" "$seconds" >"$log" 2>&1 </dev/null || failed+=("$target")
  sed -n 's/^\(#[0-9]*: cov: [0-9]*\).*/    \1/p' "$log" | tail -n 1
done
for target in "${failed[@]}"; do
  grep -m 1 -A 12 -E 'ERROR: |property does not hold|runtime error: ' "$log_folder/fuzz-$target.log" >&2 || true
  # The smallest of those that were found, now or earlier.
  input=$(find "$artifacts/$target" -type f -printf '%s %p\n' | sort -n | sed -n '1s/^[0-9]* //p')
  printf '%s\n' "fuzz: $target: to reproduce it: $build/bin/fuzz_$target $input" >&2
done
say "fuzz: ${#targets[@]} targets, ${#failed[@]} of them failed${failed:+: ${failed[*]}}, $SECONDS s in all"
((${#failed[@]} == 0))
