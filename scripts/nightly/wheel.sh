#!/usr/bin/env bash
# Makes the wheel twice, in two folders (the same bytes), has its software list validated, installs it with pip in
# minimal systems, and uses it there: devices, doctor, a command on two processes, a rank that fails, torchrun's line.
#
#   scripts/nightly/wheel.sh [RELEASE...]     of Debian: bullseye bookworm trixie (default: all); needs root
#
# Environment: WHEEL (one that is there; none is made, nor made again).
source "$(dirname "${BASH_SOURCE[0]}")/../lib/steps.sh"
source "$repository/scripts/lib/chroot.sh"
source "$repository/scripts/lib/check_package.sh"
cd "$repository"
require_chroot
releases=("$@")
if ((${#releases[@]} == 0)); then releases=(bullseye bookworm trixie); fi
folder=$repository/build/nightly/wheel
rm -rf "$folder"
mkdir -p "$folder"
if [[ -n ${WHEEL:-} ]]; then
  cp "$WHEEL" "$folder/"
else
  scripts/package_wheel.sh "$folder"
fi
wheel=$(echo "$folder"/dplaunch-*.whl)
if [[ -z ${WHEEL:-} ]]; then
  step "make it again in another folder" same_again scripts/package_wheel.sh "$wheel"
fi
validate_list() { check_software_list "$(list_of_wheel "$wheel" "$folder/tree")"; }
step "validate its software list" validate_list

use_it() {
  local system=$1
  mkdir -p "$system/wheel" && cp "$wheel" "$system/wheel/" || return
  # shellcheck disable=SC2016  # expanded in the system
  inside "$system" "" sh -eu -c '
    cd /tmp
    rm -rf venv runs
    python3 -m venv venv
    venv/bin/pip install --quiet --no-index /wheel/dplaunch-*.whl
    PATH=/tmp/venv/bin:$PATH
    dplaunch --version
    dplaunch devices
    dplaunch doctor || test $? = 1
    dplaunch --device cpu:2 --log-dir none -- sh -c "echo rank \$RANK of \$WORLD_SIZE" | sort
    dplaunch --device cpu:2 --log-dir none -- sh -c "test \$RANK = 0 || exit 7" || test $? = 7
    printf "import os\nprint(os.environ[\"LOCAL_RANK\"])\n" >script.py
    test "$(dplaunch torchrun --log-dir none --nproc-per-node 2 script.py | sort | tr -d "\n")" = "[0] 0[1] 1"'
}

use_in_releases wheel python3,python3-venv use_it "${releases[@]}"
say "wheel: $(du -k "$wheel" | cut -f 1) KiB; used in ${releases[*]}"
