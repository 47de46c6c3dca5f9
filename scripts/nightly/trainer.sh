#!/usr/bin/env bash
# Makes the wheels of the launcher and of the trainer, installs 'dplaunch[trainer]' with pip in minimal systems, where
# torch is installed, and trains there; then what it says where another torch is installed, or none.
#
#   scripts/nightly/trainer.sh [RELEASE...]     of Debian: bookworm trixie (default: both); needs root
#
# torch is the one that scripts/setup.sh --cuda installed. Environment: WHEELS (a folder with both wheels).
source "$(dirname "${BASH_SOURCE[0]}")/../lib/steps.sh"
source "$repository/scripts/lib/chroot.sh"
source "$repository/scripts/lib/check_package.sh"
source "$repository/scripts/lib/libtorch.sh"
cd "$repository"
require_chroot
releases=("$@")
if ((${#releases[@]} == 0)); then releases=(bookworm trixie); fi
torch=$(libtorch_folder cuda)
site=$(echo "$torch"/lib/python3*/site-packages)
[[ -d $site/torch ]] || fail "no torch in $torch" "run scripts/setup.sh --cuda"
folder=$repository/build/nightly/trainer
rm -rf "$folder"
mkdir -p "$folder"
if [[ -n ${WHEELS:-} ]]; then
  cp "$WHEELS"/dplaunch*.whl "$folder/"
else
  scripts/package_wheel.sh "$folder"
  scripts/package_trainer.sh "$folder"
fi
validate_list() { check_software_list "$(list_of_wheel "$(echo "$folder"/dplaunch_trainer-*.whl)" "$folder/tree")"; }
step "validate the trainer's software list" validate_list

# Of what pip installed beside torch, all that the new environment does not have: pip finds it there.
use_it() {
  local system=$1
  mkdir -p "$system/wheels" && cp "$folder"/dplaunch*.whl "$system/wheels/" || return
  # shellcheck disable=SC2016  # expanded in the system
  inside "$system" "$torch" sh -eu -c '
    cd /tmp
    rm -rf venv data runs
    python3 -m venv venv
    site=$(echo /tmp/venv/lib/python3*/site-packages)
    for there in "$1"/*; do
      [ -e "$site/$(basename "$there")" ] || ln -s "$there" "$site/"
    done
    venv/bin/pip install --quiet --no-index --find-links /wheels "dplaunch[trainer]"
    PATH=/tmp/venv/bin:$PATH
    dplaunch data --synthetic --root data --train-records 64 --test-records 16
    train() {
      dplaunch --device cpu:2 --root data --name wheels --set model=resnet20 --set width=8 \
        --set bsize=16 --set epochs=1 --set workers=0
    }
    train
    grep "\"$site/dplaunch_trainer/bin/dplaunch-worker-cpu\"" runs/wheels/launch.json
    test -s runs/wheels/checkpoints/latest.safetensors
    dplaunch doctor --device cpu:2 --root data | grep "dplaunch-worker-cpu [0-9.]*, LibTorch 2"
    "$site/dplaunch_trainer/bin/dplaunch-worker-cuda" --version | grep LibTorch
    says() { # CODE WORDS
      code=0
      train 2>message || code=$?
      cat message
      test "$code" = "$1"
      grep -qF "$2" message
    }
    rm "$site/torch"
    says 127 "needs torch 2.11"
    mkdir "$site/torch"
    echo "__version__ = \"2.12.0\"" >"$site/torch/version.py"
    says 127 "is torch 2.12.0"' - "$site"
}

use_in_releases trainer python3,python3-venv use_it "${releases[@]}"
say "trainer: $(du -k "$folder"/dplaunch_trainer-*.whl | cut -f 1) KiB; used in ${releases[*]}"
