#!/usr/bin/env bash
# Runs the README's two commands on a Debian of its own: makes a minimal system with debootstrap,
# clones the newest commit into it, and runs them there in a chroot as on a fresh machine.
#
#   scripts/nightly/foreign_system.sh RELEASE [ORDER]     RELEASE: bookworm or trixie; needs root
#
#   ORDER  quickstart-first  scripts/quickstart.sh, then scripts/test.sh (default)
#          test-first        the other way round
#          launcher          neither: builds the launcher and its tests with warnings as errors, and
#                            runs them; no LibTorch, a few minutes
#
# The training data of the quick start is random. Packages come from the mirror that this machine's
# apt uses; the environment is handed on.
# Environment: SYSTEM (folder of the system, build/nightly/RELEASE; made if it does not exist),
# KEEP (1: the system stays when all went well; after a failure it always does).
source "$(dirname "${BASH_SOURCE[0]}")/../lib/steps.sh"
source "$repository/scripts/lib/chroot.sh"
cd "$repository"

release=${1:-} order=${2:-quickstart-first}
[[ $release == bookworm || $release == trixie ]] || usage_error "unknown release '$release'"
case $order in
  quickstart-first | test-first | launcher) ;;
  *) usage_error "unknown order '$order'" ;;
esac
require_chroot
system=${SYSTEM:-$repository/build/nightly/$release}

# A small data set, so that the quick start needs no download.
make_data() {
  mkdir -p "$system/root/data"
  python3 - "$system/root/data" <<'PYTHON'
import pathlib, random, sys
generator = random.Random(0)
records_of = {"train.bin": 512, "test.bin": 128}
(pathlib.Path(sys.argv[1]) / "SYNTHETIC.yml").write_text("train_records: 512\ntest_records: 128\n")
for name, records in records_of.items():
    record = lambda: bytes([generator.randrange(20), generator.randrange(100)]) + generator.randbytes(3072)
    (pathlib.Path(sys.argv[1]) / name).write_bytes(b"".join(record() for _ in range(records)))
PYTHON
}

clone_sources() {
  rm -rf "$system/root/dplaunch"
  git clone --quiet --no-hardlinks "$repository" "$system/root/dplaunch"
}

# here COMMAND...: in the system's clone of the sources.
here() {
  local kept=() name
  while IFS= read -r name; do
    if [[ ! $name =~ ^(DPLAUNCH_|LIBTORCH$|XDG_|CDPATH$|TMPDIR$|BASH) ]]; then kept+=("$name=${!name}"); fi
  done < <(compgen -e)
  inside "$system" '' \
    env -i "${kept[@]}" HOME=/root TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    sh -eu -c 'cd /root/dplaunch; exec "$@"' - "$@"
}

quickstart() {
  step "$release: scripts/quickstart.sh" here bash scripts/quickstart.sh --root /root/data \
    --set epochs=1 --set model=resnet20 --set warmup_epochs=0
}
all_tests() { step "$release: scripts/test.sh" here bash scripts/test.sh; }

launcher() {
  # A LIBTORCH of one's own: none is installed.
  step "$release: packages" here env LIBTORCH=/root bash scripts/setup.sh --tests
  step "$release: configure" here cmake --preset launcher
  step "$release: build" here cmake --build --preset launcher -j "$(build_jobs)"
  step "$release: test" here ctest --preset launcher -j "$(nproc)"
}

if [[ ! -e $system/root ]]; then step "make a $release system in $system" make_connected_system "$system" "$release"; fi
step "data for the $release system" make_data
step "clone the sources" clone_sources
case $order in
  quickstart-first) quickstart && all_tests ;;
  test-first) all_tests && quickstart ;;
  launcher) launcher ;;
esac
say "$release, $order: passed in $((SECONDS / 60)) minutes"
if [[ ${KEEP:-} != 1 ]]; then rm -rf --one-file-system "$system"; fi
