#!/usr/bin/env bash
# Whether runs and checkpoints of an earlier commit are shown, resumed, evaluated and exported as that
# commit itself would: builds it, makes runs with its programs, and compares what both make of them.
#   scripts/nightly/earlier_commit.sh COMMIT [BIN]     BIN: the programs of today (build/dev/bin)
source "$(dirname "${BASH_SOURCE[0]}")/../lib/steps.sh"
cd "$repository"
[[ $# -ge 1 ]] || usage_error "which commit?"
commit=$(git rev-parse --verify --quiet "$1^{commit}") || fail "$1: no such commit"
new=$(realpath "${2:-build/dev/bin}")
folder=$repository/build/nightly/earlier
sources=$folder/${commit:0:12}
old=$sources/build/release/bin
work=$folder/work
rm -rf "$work"
mkdir -p "$work"

build_earlier() {
  if [[ ! -e $sources/CMakeLists.txt ]]; then
    mkdir -p "$sources"
    git archive "$commit" | tar -x -C "$sources"
  fi
  cd "$repository/build/nightly/earlier/${commit:0:12}"
  cmake --preset release -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache || true)"
  cmake --build --preset release -j "$(build_jobs)" --target dplaunch dplaunch-worker-cpu
}

settings=(--set model=resnet20 --set width=8 --set bsize=16 --set workers=0 --set precision=fp32
  --set optimizer=sgd --set lr=0.05)
train() { "$1/dplaunch" --device cpu:2 --root "$work/data" "${@:2}"; }

# The same run once for each program: training on ends with the same parameters.
resume_both() {
  local name=$1 program
  shift
  for program in old new; do
    cp -r "$work/runs/$name" "$work/runs/$name-$program"
    "${!program}/dplaunch" --device cpu:2 "--resume=$work/runs/$name-$program" "$@"
  done
  [[ $(digest "$name-old") == "$(digest "$name-new")" ]] ||
    fail "$name: resumed by the earlier commit $(digest "$name-old"), by this one $(digest "$name-new")"
}
digest() { grep -o '"parameter_digest": "[^"]*"' "$work/runs/$1/summary.json"; }

expect() {
  local words=$1
  shift
  "$@" >"$work/output" 2>&1 || true
  grep -q -- "$words" "$work/output" || fail "$(basename "$1") ${*:2}: no \"$words\" in:" "$(cat "$work/output")"
}

make_runs() {
  cd "$repository/build/nightly/earlier/work"
  "$old/dplaunch" data --synthetic --root data --train-records 128 --test-records 48
  train "$old" --name whole "${settings[@]}" --set epochs=1
  train "$old" --name within "${settings[@]}" --set epochs=2 --set max_steps=3
  "$old/dplaunch" --device cpu:2 --name failed -- sh -c 'echo words of a rank; exit 7' || true
}

look_at_runs() {
  cd "$repository/build/nightly/earlier/work"
  expect "^state  *finished after" "$new/dplaunch" status whole
  expect '"state":"finished"' "$new/dplaunch" status whole --json
  expect "^epoch,step," "$new/dplaunch" status whole --csv
  expect "^state  *failed after.*exit code 7" "$new/dplaunch" status failed
  expect "words of a rank" "$new/dplaunch" logs failed
  expect "nothing to stop: the run is finished" "$new/dplaunch" stop whole
  expect "nothing to do: .*is finished" "$new/dplaunch" --device cpu:2 --resume=whole
}

resume_runs() {
  cd "$repository/build/nightly/earlier/work"
  resume_both whole --set epochs=2
  resume_both within --set max_steps=0
}

evaluate_and_export() {
  local program
  cd "$repository/build/nightly/earlier/work"
  for program in old new; do
    "${!program}/dplaunch" eval --checkpoint whole --device cpu:2 --json |
      grep -oE '"(top1_correct|top5_correct|loss)": [^,]*' >"$program.figures"
    "${!program}/dplaunch" export --checkpoint whole --out "$program.safetensors"
  done
  [[ -s old.figures ]] || fail "dplaunch eval --json of the earlier commit prints no figures"
  cmp old.figures new.figures
  cmp old.safetensors new.safetensors
}

step "build ${commit:0:12}" build_earlier
step "make runs with ${commit:0:12}" make_runs
step "they are shown" look_at_runs
step "they are resumed, bit for bit" resume_runs
step "they are evaluated and exported, byte for byte" evaluate_and_export
say "earlier commit ${commit:0:12}: all checks passed"
