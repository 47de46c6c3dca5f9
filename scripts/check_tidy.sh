#!/usr/bin/env bash
# clang-tidy over the sources of a build folder, with as many jobs as there are cores. What passed is
# not checked again before it, a header, its flags or .clang-tidy changes.
#   scripts/check_tidy.sh [BUILD FOLDER [--all]]      default: build/dev
#     --all   also the tests, and the sources that include LibTorch: three times the time
source "$(dirname "${BASH_SOURCE[0]}")/lib/steps.sh"
cd "$repository"
exec python3 scripts/lib/batched_tidy.py "${1:-build/dev}" "${@:2}"
