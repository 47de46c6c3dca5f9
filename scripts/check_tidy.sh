#!/usr/bin/env bash
# clang-tidy over all sources of a build folder, with as many jobs as there are cores. What passed is
# not checked again before it, a header, its flags or .clang-tidy changes.
#   scripts/check_tidy.sh [BUILD FOLDER]      default: build/dev
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec python3 scripts/lib/batched_tidy.py "${1:-build/dev}"
