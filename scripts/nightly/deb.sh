#!/usr/bin/env bash
# Makes the Debian packages, has lintian judge them and their software lists validated, and installs, uses and removes
# them in a minimal system of this machine's release: nothing remains. The launcher's is made twice, in two folders:
# the same bytes. The trainer's loads the LibTorch that scripts/setup.sh --cuda installed.
#
#   scripts/nightly/deb.sh     needs root
#
# Environment: DEBS (a folder where they are; none is made, nor made again).
source "$(dirname "${BASH_SOURCE[0]}")/../lib/steps.sh"
source "$repository/scripts/lib/chroot.sh"
source "$repository/scripts/lib/check_package.sh"
source "$repository/scripts/lib/libtorch.sh"
cd "$repository"
require_chroot
command -v lintian >/dev/null || fail "no lintian" "run scripts/setup.sh --nightly"
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
folder=$repository/build/nightly/deb
system=$repository/build/nightly/deb-$release
rm -rf "$folder"
mkdir -p "$folder"
LIBTORCH=$(libtorch_folder cuda)
export LIBTORCH
if [[ -n ${DEBS:-} ]]; then
  cp "$DEBS"/dplaunch*.deb "$folder/"
else
  scripts/package_deb.sh "$folder"
fi
launcher_deb=$(echo "$folder"/dplaunch_*.deb)
trainer_deb=$(echo "$folder"/dplaunch-trainer_*.deb)
if [[ -z ${DEBS:-} ]]; then
  step "make the launcher's again in another folder" same_again scripts/package_deb.sh "$launcher_deb"
fi

validate_lists() {
  dpkg-deb --extract "$launcher_deb" "$folder/tree" && dpkg-deb --extract "$trainer_deb" "$folder/tree" &&
    check_software_list "$folder"/tree/usr/share/doc/dplaunch*/*.spdx.json
}

use_it() {
  cp "$launcher_deb" "$system/dplaunch.deb" && cp "$trainer_deb" "$system/dplaunch-trainer.deb" || return
  # shellcheck disable=SC2016  # expanded in the system
  inside "$system" "$LIBTORCH" sh -eu -c '
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
    apt-get -q install -y --no-install-recommends /dplaunch-trainer.deb
    dplaunch data --synthetic --root data --train-records 64 --test-records 16
    dplaunch --device cpu:2 --root data --name packaged --set model=resnet20 --set width=8 --set bsize=16 \
      --set epochs=1 --set workers=0
    grep "\"/usr/libexec/dplaunch/dplaunch-worker-cpu\"" runs/packaged/launch.json
    /usr/libexec/dplaunch/dplaunch-worker-cuda --version | grep LibTorch
    apt-get -q purge -y --autoremove dplaunch-trainer dplaunch
    everything >/tmp/after
    diff /tmp/before /tmp/after'
}

step "lintian" lintian --fail-on error "$launcher_deb" "$trainer_deb"
step "validate their software lists" validate_lists
rm -rf "$system"
step "make $release" make_connected_system "$system" "$release"
step "install, use and remove it" use_it
rm -rf "$system"
say "deb: passed; $(du -k "$launcher_deb" "$trainer_deb" | cut -f 1 | paste -sd + | sed "s/+/ + /") KiB"
