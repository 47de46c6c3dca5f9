#!/usr/bin/env bash
# The list "nightly": what takes too long for scripts/test.sh. Runs its groups one by one, goes on
# after one that fails, and writes docs/nightly.md. A group that has passed for this commit is not run
# again: to go on where it was broken off, run it again. Exit code 1 unless all that ran passed.
#
#   scripts/nightly.sh [GROUP...]     all of them, or those whose names begin so
#
#   repetitions             the launcher: all rounds of the tests that ci runs with few; then REPEATS
#                           times the tests of processes, signals and orphans
#   earlier                 runs and checkpoints of an earlier commit (EARLIER) are shown, resumed, evaluated
#   browser                 the pages of `dplaunch report` in chromium: widths, themes, contrast, print
#   pages                   docs/ as a site: no link to nowhere, in chromium no page too wide; first steps as they stand there
#   kills                   the trainer: 20 kills of a job, each resumed
#   tidy                    shellcheck; clang-tidy over all sources, those that include LibTorch too
#   soak                    scripts/soak.sh for SOAK_MINUTES
#   sanitize-address, sanitize-thread     scripts/sanitize.sh
#   programs                scripts/third_party.sh: programs of others, as under torchrun
#   torchrun                scripts/nightly/torchrun_tests.sh: PyTorch's tests of torchrun; with PYTORCH alone
#   fuzz                    scripts/fuzz.sh for FUZZ_MINUTES
#   wheel                   scripts/nightly/wheel.sh: pip installs it in minimal systems
#   trainer                 scripts/nightly/trainer.sh: pip installs the trainer there, and it trains
#   deb                     scripts/nightly/deb.sh: lintian, installed and removed in a minimal system
#   gpu-check               the bundle for a machine with a GPU: every check, rehearsed in an empty system
#   image-launcher, image-cpu     scripts/nightly/image.sh: the container image, built and run without an engine
#   trixie-launcher, bookworm-quickstart-first, ...     scripts/nightly/foreign_system.sh
#
# Needs what scripts/setup.sh --nightly installs; gpu-check, the images and the foreign systems need root.
# Environment: ROOT (CIFAR-100 for the soak; a synthetic set), SOAK_MINUTES (10), FUZZ_MINUTES (100),
# REPEATS (20), EARLIER (the last commit before records had a format version), PYTORCH (a checkout of it).
source "$(dirname "${BASH_SOURCE[0]}")/lib/steps.sh"
source "$repository/scripts/lib/libtorch.sh"
cd "$repository"

groups=(repetitions earlier browser pages kills programs tidy soak sanitize-address sanitize-thread)
if [[ -x scripts/fuzz.sh ]]; then groups+=(fuzz); fi
groups+=(wheel trainer deb gpu-check image-launcher image-cpu)
if [[ -n ${PYTORCH:-} ]]; then groups+=(torchrun); fi
for release in trixie bookworm; do
  for order in launcher quickstart-first test-first; do groups+=("$release-$order"); done
done
racing='^launcher\.(Orphans|HangUp|TypedKeys|FailureOrder|Signals|Supervise|Lifetime|Restart|Stall|Preemption|Output|Load|RendezvousSocket)'

earlier=${EARLIER:-6e025dde4fcc}

# Groups are run in a condition, where `set -e` does nothing: each command is joined by &&.
build_dev() { configure_and_build dev "-DDPLAUNCH_PYTHON=$(test_python)"; }

run_group() {
  local root
  case $1 in
    repetitions)
      configure_and_build launcher &&
        ctest --test-dir build/launcher --output-on-failure -L '^nightly$' &&
        ctest --test-dir build/launcher --output-on-failure -j "$(nproc)" -R "$racing" \
          --repeat "until-fail:${REPEATS:-20}"
      ;;
    earlier) build_dev && scripts/nightly/earlier_commit.sh "$earlier" build/dev/bin ;;
    browser) build_dev && ctest --test-dir build/dev --output-on-failure -L '^nightly$' -R browser ;;
    pages) build_dev && ctest --test-dir build/dev --output-on-failure -L '^nightly$' -R docs ;;
    kills) build_dev && ctest --test-dir build/dev --output-on-failure -L '^nightly$' -R integration ;;
    programs) configure_and_build launcher && scripts/third_party.sh ;;
    torchrun) configure_and_build launcher && scripts/nightly/torchrun_tests.sh --pytorch "$PYTORCH" ;;
    tidy)
      shellcheck -S warning -x -P SCRIPTDIR scripts/*.sh scripts/*/*.sh &&
        build_dev && scripts/check_tidy.sh build/dev --all
      ;;
    soak)
      root=${ROOT:-$repository/build/nightly/data}
      build_dev &&
        { [[ -n ${ROOT:-} ]] || build/dev/bin/dplaunch data --synthetic --root "$root"; } &&
        BIN=build/dev/bin scripts/soak.sh "$root" "${SOAK_MINUTES:-10}"
      ;;
    sanitize-*) scripts/sanitize.sh "${1#sanitize-}" ;;
    fuzz) scripts/fuzz.sh "${FUZZ_MINUTES:-100}" ;;
    wheel | trainer | deb) "scripts/nightly/$1.sh" ;;
    gpu-check) configure_and_build ci && scripts/nightly/gpu_check.sh build/ci/bin ;;
    image-*) scripts/nightly/image.sh "${1#image-}" ;;
    *) scripts/nightly/foreign_system.sh "${1%%-*}" "${1#*-}" ;;
  esac
}

is_wanted() {
  local group=$1 wanted
  shift
  (($# == 0)) && return 0
  for wanted in "$@"; do [[ $group == "$wanted"* ]] && return 0; done
  return 1
}

# What a group said of itself, for the table.
closing_words() {
  grep -E '% tests passed|^(ok|FAILED|clang-tidy|fuzz): |^==> .*(passed|in all)|error: |step failed: ' "$1" |
    tail -n 2 | sed 's/^==> //; s/|/ /g' | paste -sd ';' || true
}

write_page() {
  local group result minutes words
  echo "# The list \"nightly\""
  echo
  echo "Written by \`scripts/nightly.sh\` on $(date -u '+%Y-%m-%d'), of commit \`${commit:0:12}\`:" \
    "$(c++ --version | head -n 1), $(nproc) cores. A group that is not here has not been run on that commit." \
    "Single tests that were run in all of their rounds: [rounds](rounds.md)."
  echo
  echo "| group | result | minutes | its last words |"
  echo "| --- | --- | --- | --- |"
  for group in "${groups[@]}"; do
    [[ -e $results/$group ]] || continue
    IFS='|' read -r result minutes words <"$results/$group"
    # The page is for everybody: paths are those of the repository.
    echo "| $group | $result | $minutes | ${words//"$repository/"/} |"
  done
}

wanted=()
for group in "${groups[@]}"; do if is_wanted "$group" "$@"; then wanted+=("$group"); fi; done
((${#wanted[@]} > 0)) || usage_error "no such group: $*"
[[ -z $(git status --porcelain -- . ':!docs') ]] || fail "there are changes that are not committed" \
  "commit them: what passes is remembered for a commit"
# A page of the documentation changes no result.
commit=$(git log -1 --format=%H -- . ':!docs')
results=$repository/build/nightly/results/$commit
mkdir -p "$results"

failed=()
for group in "${wanted[@]}"; do
  if grep -qs '^passed|' "$results/$group"; then
    say "$group: has passed for ${commit:0:12}"
    continue
  fi
  log=$log_folder/nightly-$group.log
  say "$group ... (log: $log)"
  start=$SECONDS
  result=passed
  (run_group "$group") >"$log" 2>&1 </dev/null || result=FAILED
  echo "$result|$(((SECONDS - start + 30) / 60))|$(closing_words "$log")" >"$results/$group"
  say "$group: $result after $(((SECONDS - start) / 60)) minutes"
  if [[ $result == FAILED ]]; then
    failed+=("$group")
    tail -n 15 "$log" >&2
  fi
  write_page >docs/nightly.md
done
write_page >docs/nightly.md
say "nightly: $((${#wanted[@]} - ${#failed[@]})) of ${#wanted[@]} groups passed; docs/nightly.md is written"
((${#failed[@]} == 0))
