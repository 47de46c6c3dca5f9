#!/usr/bin/env bash
# Makes the Debian package twice (the same bytes), has lintian judge it, and installs, uses and removes it in a
# minimal system of this machine's release.
#
#   scripts/nightly/deb.sh     needs root
source "$(dirname "${BASH_SOURCE[0]}")/../lib/steps.sh"
source "$repository/scripts/lib/chroot.sh"
cd "$repository"
export PATH=$PATH:/usr/sbin:/sbin
((EUID == 0)) || fail "debootstrap and chroot need root"
command -v debootstrap lintian >/dev/null || fail "no debootstrap or no lintian" "run scripts/setup.sh --nightly"
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
folder=$repository/build/nightly/deb
system=$folder/$release
mkdir -p "$folder"
rm -rf "${folder:?}"/first "$folder"/second

make_twice() {
  scripts/package_deb.sh "$folder/first" &&
    rm -rf build/deb &&
    scripts/package_deb.sh "$folder/second" &&
    cmp "$folder"/first/*.deb "$folder"/second/*.deb
}

# Names alone: "libc6 (>= 2.36), libfmt9 ..." -> "libc6,libfmt9,...".
needed() {
  dpkg-deb -f "$1" Depends | tr ',' '\n' | sed 's/^ *//; s/[ (|].*//' | sort -u | paste -sd ,
}

use_it() {
  cp "$1" "$system/dplaunch.deb" || return
  # shellcheck disable=SC2016  # expanded in the system
  inside "$system" "" sh -eu -c '
    dpkg -i /dplaunch.deb
    cd /tmp
    dplaunch --version
    dplaunch devices
    dplaunch --device cpu:2 --log-dir none -- sh -c "echo rank \$RANK" | sort
    test -s /usr/share/man/man1/dplaunch.1.gz
    bash -n /usr/share/bash-completion/completions/dplaunch
    dpkg -r dplaunch
    ! command -v dplaunch
    test -z "$(find /usr -name "*dplaunch*")"'
}

step "make the package twice" make_twice
package=$(echo "$folder"/first/*.deb)
step "lintian" lintian --fail-on error "$package"
step "make $release" make_system "$system" "$release" "$(needed "$package"),bash"
step "install, use and remove it" use_it "$package"
rm -rf "$system"
say "deb: passed; $(du -k "$package" | cut -f 1) KiB"
