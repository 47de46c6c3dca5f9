#!/usr/bin/env bash
# Makes dist/dplaunch_VERSION_ARCH.deb: the launcher with its completion, man page and dependencies, for the
# release of Debian or Ubuntu that this runs on. The workers are built where their LibTorch is (README).
#
#   scripts/package_deb.sh [FOLDER]     the package goes there (default: dist)
#
# Needs what scripts/setup.sh installs, and dpkg-dev. Environment: MAINTAINER (Name <address>).
source "$(dirname "${BASH_SOURCE[0]}")/lib/steps.sh"
cd "$repository"
output=$(realpath -m -- "${1:-dist}")
work=$repository/build/deb
tree=$work/tree
documents=$tree/usr/share/doc/dplaunch
version=$(sed -n 's/^project(dplaunch VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
maintainer=${MAINTAINER:-The dplaunch authors <dplaunch@users.noreply.github.com>}
command -v dpkg-shlibdeps >/dev/null || fail "no dpkg-shlibdeps" "apt-get install dpkg-dev"
architecture=$(dpkg --print-architecture)
# Two builds of one commit are the same, byte for byte.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

build() {
  cmake -S . -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr \
    -DDPLAUNCH_BUILD_WORKER=OFF -DDPLAUNCH_BUILD_TESTS=OFF -DCMAKE_SKIP_RPATH=ON \
    "-DCMAKE_CXX_COMPILER_LAUNCHER=$(command -v ccache || true)" \
    "-DCMAKE_CXX_FLAGS=-fstack-protector-strong" "-DCMAKE_EXE_LINKER_FLAGS=-Wl,-z,relro,-z,now -pie" \
    -DCMAKE_POSITION_INDEPENDENT_CODE=ON
  cmake --build "$work/build" -j "$(build_jobs)"
}

install_files() {
  rm -rf "$tree"
  DESTDIR=$tree cmake --install "$work/build" --strip
  gzip -9n "$tree/usr/share/man/man1/dplaunch.1"
  mkdir -p "$tree/usr/share/zsh/vendor-completions" "$documents"
  mv "$tree/usr/share/zsh/site-functions/_dplaunch" "$tree/usr/share/zsh/vendor-completions/"
  rmdir "$tree/usr/share/zsh/site-functions"
  write_copyright >"$documents/copyright"
  write_changelog | gzip -9n >"$documents/changelog.gz"
}

# Machine-readable, as Debian's policy has it.
write_copyright() {
  echo "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
  printf 'Upstream-Name: dplaunch\n\nFiles: *\n'
  sed -n 's/^Copyright (c) /Copyright: /p' LICENSE
  echo "License: Expat"
  sed '1,/^Copyright/d; s/^$/./; s/^/ /' LICENSE | sed '1{/^ \.$/d}'
}

write_changelog() {
  printf 'dplaunch (%s) unstable; urgency=medium\n\n  * Version %s.\n\n' "$version" "$version"
  printf ' -- %s  %s\n' "$maintainer" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")"
}

# What its libraries are called here, and from which version on they will do.
dependencies() {
  mkdir -p "$work/debian"
  touch "$work/debian/control"
  env -C "$work" dpkg-shlibdeps -O tree/usr/bin/dplaunch | sed -n 's/^shlibs:Depends=//p'
}

pack() {
  mkdir -p "$tree/DEBIAN" "$output"
  {
    printf 'Package: dplaunch\nVersion: %s\nArchitecture: %s\n' "$version" "$architecture"
    printf 'Maintainer: %s\nSection: science\nPriority: optional\n' "$maintainer"
    printf 'Installed-Size: %s\n' "$(du -sk "$tree/usr" | cut -f 1)"
    printf 'Depends: %s\n' "$(dependencies)"
    printf 'Suggests: bash-completion, python3\n'
    printf 'Description: launcher for training on several GPUs and hosts\n'
    printf ' It starts one process per GPU, watches over them, and ends them together.\n'
    printf ' Scripts written for torchrun run as they are.\n'
  } >"$tree/DEBIAN/control"
  env -C "$tree" find usr -type f -print0 | sort -z | env -C "$tree" xargs -0 md5sum >"$tree/DEBIAN/md5sums"
  chmod -R u=rwX,go=rX "$tree"
  find "$tree" -newermt "@$SOURCE_DATE_EPOCH" -print0 |
    xargs -0r touch --no-dereference --date="@$SOURCE_DATE_EPOCH"
  dpkg-deb --root-owner-group --build "$tree" "$output"
}

# Each step is a run of this script of its own: in a function whose failure is asked for, `set -e` does nothing.
if [[ ${1:-} == --part ]]; then
  output=${3:-}
  "$2"
  exit
fi
part() { step "$1" "$repository/scripts/package_deb.sh" --part "$2" "$output"; }

part "build the launcher" build
part "install its files" install_files
part "pack them" pack
say "$output/dplaunch_${version}_$architecture.deb"
