#!/usr/bin/env bash
# Sets up, builds with warnings as errors, checks the format, and runs every test of the list "ci".
#   scripts/test.sh [--cuda] [--lint]
#     --cuda   builds the CUDA worker too, and tests what of it can be tested on this machine
#     --lint   also clang-tidy, without the tests and the sources that include LibTorch (check_tidy.sh --all)
# What takes long is repeated, soaked or fuzzed in the list "nightly": scripts/nightly.sh.
source "$(dirname "${BASH_SOURCE[0]}")/lib/steps.sh"
source "$repository/scripts/lib/libtorch.sh"
cd "$repository"

# Minutes of a machine with two cores, from nothing but LibTorch.
build_budget=12 lint_budget=5 test_budget=12

preset=dev
with_lint=false
for option in "$@"; do
  case $option in
    --cuda) preset=ci ;;
    --lint) with_lint=true ;;
    *) usage_error "unknown option '$option'" ;;
  esac
done

"$repository/scripts/setup.sh" --tests
python=$(test_python)
step "check the format" scripts/check_format.sh

start=$SECONDS
configure_and_build "$preset" "-DDPLAUNCH_PYTHON=$python"
say_budget build "$start" "$build_budget"
if $with_lint; then
  start=$SECONDS
  step "clang-tidy" scripts/check_tidy.sh "build/$preset"
  say_budget lint "$start" "$lint_budget"
fi
say "test $preset, of $test_budget minutes ... (log: build/$preset/Testing/Temporary/LastTest.log)"
# Last, and by exec: its closing lines, with the time that it took, end the output. A test says with
# PROCESSORS how many cores it needs; one job more than cores, for there are some that only wait.
exec ctest --preset "$preset" -j "$(($(nproc) + 1))"
