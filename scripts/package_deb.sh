#!/usr/bin/env bash
# Makes dist/dplaunch_VERSION_ARCH.deb: the launcher with its completion, man page and dependencies, for the
# release of Debian or Ubuntu that this runs on. With LIBTORCH=FOLDER also dplaunch-trainer_VERSION_ARCH.deb: the
# trainer's workers, which load the LibTorch in that folder, on every machine the same, as no package of Debian 12
# has it.
#
#   scripts/package_deb.sh [FOLDER]     the packages go there (default: dist)
#
# Needs what scripts/setup.sh installs, and dpkg-dev. Environment: LIBTORCH, MAINTAINER (Name <address>).
source "$(dirname "${BASH_SOURCE[0]}")/lib/steps.sh"
source "$repository/scripts/lib/packaging.sh"
source "$repository/scripts/lib/libtorch.sh"
cd "$repository"
work=$repository/build/deb
tree=$work/tree # of the launcher, where its files are installed
trainer=$work/trainer
maintainer=${MAINTAINER:-The dplaunch authors <dplaunch@users.noreply.github.com>}
command -v dpkg-shlibdeps >/dev/null || fail "no dpkg-shlibdeps" "apt-get install dpkg-dev"
architecture=$(dpkg --print-architecture)

# build FOLDER TARGET,... CMAKE_OPTION...
build() {
  local targets
  IFS=, read -ra targets <<<"$2"
  cmake -S . -B "$work/$1" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr \
    -DDPLAUNCH_BUILD_TESTS=OFF -DDPLAUNCH_UNITY_BUILD=ON "${@:3}" \
    "-DCMAKE_CXX_COMPILER_LAUNCHER=$(command -v ccache || true)" \
    "-DCMAKE_CXX_FLAGS=-fstack-protector-strong -D_FORTIFY_SOURCE=2 $paths_of_sources" \
    "-DCMAKE_EXE_LINKER_FLAGS=-Wl,-z,relro,-z,now"
  cmake --build "$work/$1" -j "$(build_jobs)" --target "${targets[@]}"
}

install_launcher() {
  rm -rf "$tree"
  DESTDIR=$tree cmake --install "$work/launcher" --strip
  gzip -9n "$tree/usr/share/man/man1/dplaunch.1"
  # Debian's zsh looks for those of packages in a folder of its own.
  mv "$tree/usr/share/zsh/site-functions" "$tree/usr/share/zsh/vendor-completions"
  launcher_components | document dplaunch "$tree"
}

# Where the launcher of /usr/bin looks for them.
install_workers() {
  rm -rf "$trainer"
  mkdir -p "$trainer/usr/libexec/dplaunch" "$trainer/usr/share/lintian/overrides"
  install --strip -m 755 "$work/workers/bin"/dplaunch-worker-* "$trainer/usr/libexec/dplaunch/"
  echo "dplaunch-trainer: custom-library-search-path" >"$trainer/usr/share/lintian/overrides/dplaunch-trainer"
  worker_components | document dplaunch-trainer "$trainer"
}

# document PACKAGE TREE: with the list of its components on standard input.
document() {
  local documents=$2/usr/share/doc/$1
  mkdir -p "$documents"
  write_copyright >"$documents/copyright"
  write_changelog | gzip -9n >"$documents/changelog.gz"
  /usr/bin/python3 scripts/lib/spdx.py "$1" "$version" >"$documents/$1.spdx.json"
}

# Machine-readable, as Debian's policy has it.
write_copyright() {
  echo "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
  printf 'Upstream-Name: dplaunch\n\nFiles: *\n'
  sed -n 's/^Copyright (c) /Copyright: /p' LICENSE
  echo "License: Expat"
  sed '1,/^Copyright/d' LICENSE | sed '1{/^$/d}; s/^$/./; s/^/ /'
}

write_changelog() {
  printf 'dplaunch (%s) unstable; urgency=medium\n\n  * Version %s.\n\n' "$version" "$version"
  printf ' -- %s  %s\n' "$maintainer" "$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")"
}

launcher_components() {
  local boost
  boost=$(sed -n 's/^#define BOOST_LIB_VERSION "1_\([0-9]*\).*"/1.\1/p' /usr/include/boost/version.hpp)
  from_package boost STATIC_LINK "libboost$boost-dev"
  from_package CLI11 STATIC_LINK libcli11-dev
  from_package libsodium STATIC_LINK libsodium-dev
  from_package nlohmann-json STATIC_LINK nlohmann-json3-dev
  from_package fmt DYNAMIC_LINK libfmt-dev
  from_package hwloc DYNAMIC_LINK libhwloc-dev
  from_package yaml-cpp DYNAMIC_LINK libyaml-cpp-dev
}

worker_components() {
  from_package CLI11 STATIC_LINK libcli11-dev
  from_package nlohmann-json STATIC_LINK nlohmann-json3-dev
  from_package gloo STATIC_LINK libgloo-dev
  from_package fmt DYNAMIC_LINK libfmt-dev
  from_package yaml-cpp DYNAMIC_LINK libyaml-cpp-dev
  echo "torch DYNAMIC_LINK pypi torch $torch_version"
}

# dependencies PROGRAM...: what its libraries are called here, and from which version on they will do. LibTorch's
# are of no package.
dependencies() {
  mkdir -p "$work/debian"
  touch "$work/debian/control"
  env -C "$work" dpkg-shlibdeps --ignore-missing-info -O "$@" | sed -n 's/^shlibs:Depends=//p'
}

# In KiB, as dpkg-gencontrol counts: a folder as one, whatever it takes here.
installed_size() {
  find "$1/usr" -type f -printf '%s\n' -o -printf '1024\n' | awk '{kib += int(($1 + 1023) / 1024)} END {print kib}'
}

launcher_control() {
  printf 'Depends: %s\n' "$(dependencies "$tree/usr/bin/dplaunch")"
  printf 'Suggests: bash-completion, python3\n'
  printf 'Description: launcher for training on several GPUs and hosts\n'
  printf ' It starts one process per GPU, watches over them, and ends them together.\n'
  printf ' Scripts written for torchrun run as they are.\n'
}

worker_control() {
  printf 'Depends: dplaunch (= %s), %s\n' "$version" "$(dependencies "$trainer"/usr/libexec/dplaunch/*)"
  printf 'Description: workers of dplaunch that train a ResNet on CPUs or GPUs\n'
  printf ' They load LibTorch %s from %s.\n' "$torch_version" "$LIBTORCH"
}

# pack PACKAGE TREE CONTROL FOLDER: CONTROL prints the fields that are its own.
pack() {
  local tree=$2 output=$4
  mkdir -p "$tree/DEBIAN" "$output"
  {
    printf 'Package: %s\nVersion: %s\nArchitecture: %s\n' "$1" "$version" "$architecture"
    printf 'Maintainer: %s\nSection: utils\nPriority: optional\n' "$maintainer"
    printf 'Installed-Size: %s\n' "$(installed_size "$tree")"
    "$3"
  } >"$tree/DEBIAN/control"
  env -C "$tree" find usr -type f -print0 | LC_ALL=C sort -z | env -C "$tree" xargs -0 md5sum >"$tree/DEBIAN/md5sums"
  chmod -R u=rwX,go=rX "$tree"
  find "$tree" -exec touch --no-dereference "--date=@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --root-owner-group --threads-max=1 --build "$tree" "$output"
}

run_part "$@"
output=$(realpath -m -- "${1:-dist}")
part "build the launcher" build launcher all -DDPLAUNCH_BUILD_WORKER=OFF -DCMAKE_SKIP_RPATH=ON
part "install its files" install_launcher
part "pack them" pack dplaunch "$tree" launcher_control "$output"
say "$output/dplaunch_${version}_$architecture.deb"
[[ -n ${LIBTORCH:-} ]] || exit 0
LIBTORCH=$(realpath -- "$LIBTORCH")
workers=dplaunch-worker-cpu with_cuda=OFF
if [[ -n $(find "$LIBTORCH" -name libtorch_cuda.so -print -quit) ]]; then
  workers+=,dplaunch-worker-cuda with_cuda=ON
fi
part "build the workers" build workers "$workers" "-DLIBTORCH=$LIBTORCH" -DDPLAUNCH_BUILD_CUDA_WORKER=$with_cuda
part "install the workers" install_workers
part "pack the workers" pack dplaunch-trainer "$trainer" worker_control "$output"
say "$output/dplaunch-trainer_${version}_$architecture.deb"
