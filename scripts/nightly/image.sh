#!/usr/bin/env bash
# Builds the image of deploy/kubernetes/Dockerfile where no container engine runs: with buildah's chroot isolation, on a
# Debian made by debootstrap. Then runs it in namespaces of its own: dplaunch as the first process, as the image's user.
#   scripts/nightly/image.sh [cpu | launcher]     what is in the image (cpu); needs root
# Packages come from the mirror that this machine's apt uses. Environment: WORK (folder for all of it,
# build/nightly/image; what is in it is used again), KEEP (1: it stays when all went well; after a failure it always does).
source "$(dirname "${BASH_SOURCE[0]}")/../lib/steps.sh"
source "$repository/scripts/lib/chroot.sh"
cd "$repository"
export PATH=$PATH:/usr/sbin:/sbin

worker=${1:-cpu}
[[ $worker == cpu || $worker == launcher ]] || usage_error "unknown worker '$worker'"
((EUID == 0)) || fail "debootstrap and chroot need root"
for program in buildah debootstrap; do
  command -v "$program" >/dev/null || fail "no $program" "run scripts/setup.sh --nightly"
done
work=$(realpath -m "${WORK:-$repository/build/nightly/image}")
mkdir -p "$work"
# A folder of its own for images and containers, copied rather than mounted: needs nothing of the kernel.
here=(buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs)

make_base() {
  local container
  make_connected_system "$work/base" bookworm
  container=$("${here[@]}" from scratch)
  "${here[@]}" copy --quiet "$container" "$work/base" /
  "${here[@]}" commit --quiet "$container" localhost/base
  "${here[@]}" rm "$container"
}

# What git keeps, as a clone has it.
build_image() {
  rm -rf "$work/sources"
  git clone --quiet --no-hardlinks "$repository" "$work/sources"
  "${here[@]}" bud --isolation chroot --layers --build-arg BASE=localhost/base --build-arg "WORKER=$worker" \
    --file "$work/sources/deploy/kubernetes/Dockerfile" --tag localhost/dplaunch "$work/sources"
}

# The image's files as a folder.
unpack_image() {
  local container place
  container=$("${here[@]}" from localhost/dplaunch)
  place=$("${here[@]}" mount "$container")
  rm -rf "$work/image"
  cp -a "$place" "$work/image"
  "${here[@]}" rm "$container"
}

# As the image's user and from its folder, with the image's variables alone.
in_image() {
  inside "$work/image" '' env -i HOME=/srv/dplaunch PATH=/opt/dplaunch/bin:/usr/bin:/bin \
    setpriv --reuid 1000 --regid 1000 --clear-groups sh -euc 'cd /srv/dplaunch; exec "$@"' - "$@"
}

say_image() {
  echo "$("${here[@]}" inspect --type image --format '{{.OCIv1.Config.User}} {{.OCIv1.Config.StopSignal}} {{.OCIv1.Config.Entrypoint}}' localhost/dplaunch)"
  du -sh "$work/image/opt/dplaunch" "$work/image"
}

# PPID: the image has no init, and dplaunch is the first process.
run_command() { in_image dplaunch --device cpu:2 --log-dir none -- sh -c '[ $PPID = 1 ] && echo rank $RANK of $WORLD_SIZE'; }
run_training() {
  in_image dplaunch data --synthetic --root data --train-records 256 --test-records 64
  in_image dplaunch --device cpu:2 --root data --name first --set model=resnet20 --set bsize=16 --set epochs=1
}

if [[ ! -e $work/base/root ]]; then step "make a Debian as the base" make_base; fi
step "build the image with its $worker" build_image
step "unpack the image" unpack_image
shown_step "the image" say_image
shown_step "a command in it" run_command
if [[ $worker == cpu ]]; then shown_step "a training in it" run_training; fi
say "image, $worker: passed in $((SECONDS / 60)) minutes"
if [[ ${KEEP:-} != 1 ]]; then rm -rf --one-file-system "$work"; fi
