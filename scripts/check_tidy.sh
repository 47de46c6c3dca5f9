#!/usr/bin/env bash
# clang-tidy over the sources of a build folder, with as many jobs as there are cores. A source
# that passed is not checked again before it, a header, its flags or .clang-tidy changes.
#   scripts/check_tidy.sh [BUILD FOLDER [--torch]]      default: build/dev
#     --torch   also the sources that include LibTorch, about a minute each
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec python3 scripts/lib/cached_tidy.py "${1:-build/dev}" "${@:2}"
