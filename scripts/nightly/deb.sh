#!/usr/bin/env bash
# Makes the Debian package twice, in two folders (the same bytes), has lintian judge it and its software list
# validated, and installs, uses and removes it in a minimal system of this machine's release: nothing remains.
#
#   scripts/nightly/deb.sh     needs root
#
# Environment: DEB (one that is there; none is made, nor made again).
source "$(dirname "${BASH_SOURCE[0]}")/../lib/steps.sh"
source "$repository/scripts/lib/chroot.sh"
source "$repository/scripts/lib/check_package.sh"
cd "$repository"
require_chroot
command -v lintian >/dev/null || fail "no lintian" "run scripts/setup.sh --nightly"
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
folder=$repository/build/nightly/deb
system=$repository/build/nightly/deb-$release
rm -rf "$folder"
mkdir -p "$folder"
if [[ -n ${DEB:-} ]]; then
  cp "$DEB" "$folder/"
else
  scripts/package_deb.sh "$folder"
fi
package=$(echo "$folder"/*.deb)
if [[ -z ${DEB:-} ]]; then
  step "make it again in another folder" same_again scripts/package_deb.sh "$package"
fi

validate_list() {
  dpkg-deb --extract "$package" "$folder/tree" &&
    check_software_list "$folder/tree/usr/share/doc/dplaunch/dplaunch.spdx.json"
}

use_it() {
  cp "$package" "$system/dplaunch.deb" || return
  # shellcheck disable=SC2016  # expanded in the system
  inside "$system" "" sh -eu -c '
    export DEBIAN_FRONTEND=noninteractive
    everything() { find /bin /boot /etc /home /lib* /opt /root /sbin /srv /usr /var/lib/dpkg/info -xdev | sort; }
    apt-get -q update
    apt-get -q install -y --no-install-recommends fish
    fish -c true # makes folders of its own
    everything >/tmp/before
    apt-get -q install -y --no-install-recommends /dplaunch.deb
    cd /tmp
    dplaunch --version
    dplaunch devices
    dplaunch doctor || test $? = 1
    dplaunch --device cpu:2 --log-dir none -- true
    test "$(dplaunch --device cpu:2 --log-dir none -- sh -c "echo \$RANK" | sort | tr -d "\n")" = "[0] 0[1] 1"
    gzip -dc /usr/share/man/man1/dplaunch.1.gz | grep -q "^.TH DPLAUNCH 1 "
    bash --norc -c "source /usr/share/bash-completion/completions/dplaunch && complete -p dplaunch"
    grep -q "^#compdef dplaunch" /usr/share/zsh/vendor-completions/_dplaunch
    test -s /usr/share/doc/dplaunch/copyright
    fish -c "complete -C \"dplaunch dev\"" | grep -q "^devices"
    fish -c "complete -C \"dplaunch --dev\"" | grep -q "^--device"
    fish -c "complete -C \"dplaunch --device a\"" | grep -q "^auto"
    fish -c "complete -C \"dplaunch -- ls --al\"" | grep -q "^--all"
    apt-get -q purge -y --autoremove dplaunch
    everything >/tmp/after
    diff /tmp/before /tmp/after'
}

step "lintian" lintian --fail-on error "$package"
step "validate its software list" validate_list
rm -rf "$system"
step "make $release" make_connected_system "$system" "$release"
step "install, use and remove it" use_it
rm -rf "$system"
say "deb: passed; $(du -k "$package" | cut -f 1) KiB"
