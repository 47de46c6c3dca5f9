#!/usr/bin/env bash
# Whether every C++ file is as clang-format leaves it. To mend: scripts/check_format.sh --fix
source "$(dirname "${BASH_SOURCE[0]}")/lib/steps.sh"
cd "$repository"
clang_format=$(command -v clang-format-14 || command -v clang-format)
mode=(--dry-run -Werror)
if [[ ${1:-} == --fix ]]; then mode=(-i); fi
git ls-files -z --cached --others --exclude-standard -- '*.h' '*.cpp' |
  xargs -0 --no-run-if-empty "$clang_format" "${mode[@]}"
