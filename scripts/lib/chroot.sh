# Sourced by scripts of the nightly list: a Debian of its own in a folder, and commands in it.
# shellcheck shell=bash

# Ends the script where none can be made.
require_chroot() {
  export PATH=$PATH:/usr/sbin:/sbin
  ((EUID == 0)) || fail "debootstrap and chroot need root"
  command -v debootstrap >/dev/null || fail "no debootstrap" "run scripts/setup.sh --nightly"
}

mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $(. /etc/os-release && echo "$VERSION_CODENAME")" |
    head -n 1 | sed 's|/*$||'
}

# make_system FOLDER RELEASE PACKAGE,...: packages come from the mirror that this machine's apt uses.
make_system() {
  debootstrap --variant=minbase "--include=$3" "$2" "$1" "$(mirror)"
}

# make_connected_system FOLDER RELEASE: one that reaches the network as this machine does. apt's Acquire settings,
# pip's settings and the certificates are this machine's.
make_connected_system() {
  make_system "$1" "$2" ca-certificates
  cp /etc/resolv.conf /etc/hosts "$1/etc/"
  apt-config dump | grep '^Acquire::' >"$1/etc/apt/apt.conf.d/90host" || true
  cp /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"
  if [[ -e /etc/pip.conf ]]; then cp /etc/pip.conf "$1/etc/"; fi
}

# inside FOLDER SHARED COMMAND...: with the folder as its root, in name spaces of its own, so that neither a mount
# nor a process is left behind; SHARED, if not empty, is a folder of this machine that is there too, to be read.
inside() {
  # shellcheck disable=SC2016  # expanded in the inner shell
  unshare --mount --pid --fork --kill-child sh -eu -c '
    system=$1 shared=$2
    shift 2
    mount --bind "$system" "$system" # a mount point, as the root of a machine is
    mount -t proc proc "$system/proc"
    mount --rbind /sys "$system/sys"
    mount --rbind /dev "$system/dev"
    if [ -n "$shared" ]; then
      mkdir -p "$system$shared"
      mount --bind "$shared" "$system$shared"
      mount -o remount,bind,ro "$system$shared"
    fi
    exec chroot "$system" "$@"' - "$@"
}

# use_in_releases NAME PACKAGE,... FUNCTION RELEASE...: makes a minimal system of each release, calls FUNCTION FOLDER
# as a step, and removes the system when that went well.
use_in_releases() {
  local name=$1 packages=$2 use=$3 release system
  shift 3
  for release in "$@"; do
    # shellcheck disable=SC2154  # repository: steps.sh
    system=$repository/build/nightly/$name-$release
    [[ -e $system/complete ]] || {
      rm -rf "$system"
      step "make $release" make_system "$system" "$release" "$packages"
      touch "$system/complete"
    }
    step "use the $name in $release" "$use" "$system"
    rm -rf "$system"
  done
}
