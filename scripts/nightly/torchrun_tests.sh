#!/usr/bin/env bash
# Runs PyTorch's own tests of torchrun (test/distributed/launcher) with `dplaunch torchrun` in torchrun's
# place. Those that do not pass have to be those that docs/from-torchrun.md lists, and no others.
#
#   scripts/nightly/torchrun_tests.sh --pytorch DIR     a checkout of PyTorch, or a source package's folder
#
# Environment: BIN (where dplaunch is: build/launcher/bin).
source "$(dirname "${BASH_SOURCE[0]}")/../lib/steps.sh"
source "$repository/scripts/lib/libtorch.sh"
source "$repository/scripts/lib/third_party.sh"
[[ $# == 2 && $1 == --pytorch ]] || usage_error "--pytorch DIR says where PyTorch's tests are"
tests=$2/test/distributed/launcher
[[ -e $tests/test_run.py ]] || fail "$tests/test_run.py is not there" "$2 is no checkout of PyTorch"
bin=$(realpath -- "${BIN:-$repository/build/launcher/bin}")
[[ -x $bin/dplaunch ]] ||
  fail "$bin/dplaunch is not there" "cmake --preset launcher && cmake --build --preset launcher, or BIN=FOLDER"
need_third_party
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$tests/." "$work/"

env -C "$work" CUDA_VISIBLE_DEVICES= DPLAUNCH="$bin/dplaunch" PYTHONPATH="$repository/scripts/nightly" \
  PYTHONDONTWRITEBYTECODE=1 timeout 1800 "$third_party_folder/bin/python" -m pytest -q -rA --tb=short \
  -p no:cacheprovider -p torchrun_tests test_run.py launch_test.py >"$work/output" 2>&1 || true
grep -qE '^[0-9]+ (passed|failed)' "$work/output" || { tail -n 40 "$work/output"; fail "the tests did not run"; }
# names WORD: of the tests that ended so.
names() { sed -nE "s/^($1) [^ ]*::(test_[a-z0-9_]+).*/\2/p" "$work/output" | sort -u; }
listed() { sed -nE 's/^\| `(test_[a-z0-9_]+)` .*/\1/p' "$repository/docs/from-torchrun.md" | sort -u; }
new=$(comm -13 <(listed) <(names 'FAILED|ERROR'))
mended=$(comm -12 <(listed) <(names PASSED))
if [[ -n $new$mended ]]; then
  cat "$work/output"
  fail "docs/from-torchrun.md lists what does not pass" "not listed: ${new:-none}" "listed, but passes: ${mended:-none}"
fi
say "$(grep -E '^[0-9]+ (passed|failed)' "$work/output"): those that fail are listed"
