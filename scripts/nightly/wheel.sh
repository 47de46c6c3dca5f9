#!/usr/bin/env bash
# Makes the wheel, installs it with pip in minimal systems, and uses it there: devices, doctor, a command on
# two processes, a rank that fails, torchrun's line.
#
#   scripts/nightly/wheel.sh [RELEASE...]     of Debian: bullseye bookworm trixie (default: all); needs root
#
# Environment: WHEEL (one that is there; none is made).
source "$(dirname "${BASH_SOURCE[0]}")/../lib/steps.sh"
source "$repository/scripts/lib/chroot.sh"
cd "$repository"
export PATH=$PATH:/usr/sbin:/sbin
((EUID == 0)) || fail "debootstrap and chroot need root"
command -v debootstrap >/dev/null || fail "no debootstrap" "run scripts/setup.sh --nightly"
releases=("$@")
if ((${#releases[@]} == 0)); then releases=(bullseye bookworm trixie); fi
folder=$repository/build/nightly/wheel
mkdir -p "$folder"
if [[ -n ${WHEEL:-} ]]; then
  cp "$WHEEL" "$folder/"
else
  scripts/package_wheel.sh "$folder"
fi

use_it() {
  local system=$1
  mkdir -p "$system/wheel" && cp "$folder"/dplaunch-*.whl "$system/wheel/" || return
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

for release in "${releases[@]}"; do
  system=$repository/build/nightly/wheel-$release
  [[ -e $system/complete ]] || {
    rm -rf "$system"
    step "make $release" make_system "$system" "$release" python3,python3-venv
    touch "$system/complete"
  }
  step "use the wheel in $release" use_it "$system"
  rm -rf "$system"
done
say "wheel: $(du -k "$folder"/dplaunch-*.whl | cut -f 1) KiB; used in ${releases[*]}"
