#!/usr/bin/env bash
# Whether every C++ file is as clang-format leaves it. To mend: scripts/check_format.sh --fix
source "$(dirname "${BASH_SOURCE[0]}")/lib/steps.sh"
source "$repository/scripts/lib/libtorch.sh"
cd "$repository"
clang_format=$(command -v clang-format-14 || echo "$(libtorch_folder cuda)/bin/clang-format")
[[ -x $clang_format ]] || fail "no clang-format 14" "run scripts/setup.sh --tests, or: pip install clang-format==14.0.6"
mode=(--dry-run -Werror)
if [[ ${1:-} == --fix ]]; then mode=(-i); fi
git ls-files -z --cached --others --exclude-standard -- '*.h' '*.cpp' |
  xargs -0 --no-run-if-empty "$clang_format" "${mode[@]}"
