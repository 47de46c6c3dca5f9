#!/usr/bin/env bash
# Makes dist/dplaunch_VERSION_ARCH.deb: the launcher with its completion, man page and dependencies, for the
# release of Debian or Ubuntu that this runs on. The trainer's workers are not in it: no package of Debian 12
# has their LibTorch.
#
#   scripts/package_deb.sh [FOLDER]     the package goes there (default: dist)
#
# Needs what scripts/setup.sh installs, and dpkg-dev. Environment: MAINTAINER (Name <address>).
source "$(dirname "${BASH_SOURCE[0]}")/lib/steps.sh"
source "$repository/scripts/lib/packaging.sh"
cd "$repository"
work=$repository/build/deb
tree=$work/tree
documents=$tree/usr/share/doc/dplaunch
maintainer=${MAINTAINER:-The dplaunch authors <dplaunch@users.noreply.github.com>}
command -v dpkg-shlibdeps >/dev/null || fail "no dpkg-shlibdeps" "apt-get install dpkg-dev"
architecture=$(dpkg --print-architecture)

build() {
  cmake -S . -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr \
    -DDPLAUNCH_BUILD_WORKER=OFF -DDPLAUNCH_BUILD_TESTS=OFF -DDPLAUNCH_UNITY_BUILD=ON -DCMAKE_SKIP_RPATH=ON \
    "-DCMAKE_CXX_COMPILER_LAUNCHER=$(command -v ccache || true)" \
    "-DCMAKE_CXX_FLAGS=-fstack-protector-strong -D_FORTIFY_SOURCE=2 $paths_of_sources" \
    "-DCMAKE_EXE_LINKER_FLAGS=-Wl,-z,relro,-z,now"
  cmake --build "$work/build" -j "$(build_jobs)"
}

install_files() {
  rm -rf "$tree"
  DESTDIR=$tree cmake --install "$work/build" --strip
  gzip -9n "$tree/usr/share/man/man1/dplaunch.1"
  mkdir -p "$documents"
  # Debian's zsh looks for those of packages in a folder of its own.
  mv "$tree/usr/share/zsh/site-functions" "$tree/usr/share/zsh/vendor-completions"
  write_copyright >"$documents/copyright"
  write_changelog | gzip -9n >"$documents/changelog.gz"
  components | /usr/bin/python3 scripts/lib/spdx.py dplaunch "$version" >"$documents/dplaunch.spdx.json"
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

components() {
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

# What its libraries are called here, and from which version on they will do.
dependencies() {
  mkdir -p "$work/debian"
  touch "$work/debian/control"
  env -C "$work" dpkg-shlibdeps -O tree/usr/bin/dplaunch | sed -n 's/^shlibs:Depends=//p'
}

# In KiB, as dpkg-gencontrol counts: a folder as one, whatever it takes here.
installed_size() {
  find "$tree/usr" -type f -printf '%s\n' -o -printf '1024\n' | awk '{kib += int(($1 + 1023) / 1024)} END {print kib}'
}

pack() {
  local output=$1
  mkdir -p "$tree/DEBIAN" "$output"
  {
    printf 'Package: dplaunch\nVersion: %s\nArchitecture: %s\n' "$version" "$architecture"
    printf 'Maintainer: %s\nSection: utils\nPriority: optional\n' "$maintainer"
    printf 'Installed-Size: %s\n' "$(installed_size)"
    printf 'Depends: %s\n' "$(dependencies)"
    printf 'Suggests: bash-completion, python3\n'
    printf 'Description: launcher for training on several GPUs and hosts\n'
    printf ' It starts one process per GPU, watches over them, and ends them together.\n'
    printf ' Scripts written for torchrun run as they are.\n'
  } >"$tree/DEBIAN/control"
  env -C "$tree" find usr -type f -print0 | LC_ALL=C sort -z | env -C "$tree" xargs -0 md5sum >"$tree/DEBIAN/md5sums"
  chmod -R u=rwX,go=rX "$tree"
  find "$tree" -exec touch --no-dereference "--date=@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --root-owner-group --threads-max=1 --build "$tree" "$output"
}

run_part "$@"
output=$(realpath -m -- "${1:-dist}")
part "build the launcher" build
part "install its files" install_files
part "pack them" pack "$output"
say "$output/dplaunch_${version}_$architecture.deb"
