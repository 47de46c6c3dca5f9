#!/usr/bin/env bash
# Sets up, builds with warnings as errors, checks format and clang-tidy, and runs every test.
#   scripts/test.sh [--cuda]
#     --cuda   builds the CUDA worker too, and tests what of it can be tested on this machine
source "$(dirname "${BASH_SOURCE[0]}")/lib/steps.sh"
source "$repository/scripts/lib/libtorch.sh"
cd "$repository"

preset=dev
case ${1:-} in
  '') ;;
  --cuda) preset=ci ;;
  *) usage_error "unknown option '$1'" ;;
esac

"$repository/scripts/setup.sh" --tests
python=$(test_python)
step "check the format" scripts/check_format.sh
configure_and_build "$preset" "-DDPLAUNCH_PYTHON=$python"
step "clang-tidy" scripts/check_tidy.sh "build/$preset"
say "test $preset ... (log: build/$preset/Testing/Temporary/LastTest.log)"
# Last, and by exec: its closing line ends the output. Tests that train say so with PROCESSORS.
exec ctest --preset "$preset" -j "$(nproc)"
