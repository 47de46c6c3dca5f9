#!/usr/bin/env bash
# Rehearses on the CPU what scripts/package_gpu_check.sh packs for a bare machine with a GPU: unpacks the pieces in
# an empty Debian of its own, without the sources, the build folder and dplaunch's libraries, and runs every line
# that the script prints.
#   scripts/nightly/gpu_check.sh [BIN]     BIN: the programs (build/ci/bin); needs root
# What stands for that machine's Python with torch is the one beside LibTorch. A compiler and openssl are for torch.compile.
# Environment: SYSTEM (folder of the system, build/nightly/gpu-check; made if it does not exist), KEEP (1: it stays),
# ROOT (CIFAR-100; a synthetic set).
source "$(dirname "${BASH_SOURCE[0]}")/../lib/steps.sh"
source "$repository/scripts/lib/libtorch.sh"
source "$repository/scripts/lib/chroot.sh"
cd "$repository"

bin=$(realpath "${1:-build/ci/bin}")
require_chroot
system=${SYSTEM:-$repository/build/nightly/gpu-check}
python=$(test_python)
site=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
release=$(. /etc/os-release && echo "$VERSION_CODENAME") # whose Python the virtual environment stands on

pack() {
  BIN=$bin scripts/package_gpu_check.sh --torch "$site" --root "$data" --place /root/gpu-check --rehearse
  mkdir -p "$system/root/copy/build"
  cp -r build/gpu-check "$system/root/copy/build/"
}

# All of them, whatever becomes of one.
run_lines() {
  local line failed=0
  while IFS= read -r line; do
    [[ $line != '#'* ]] || continue
    echo "+ $line"
    inside "$system" "$(dirname "$(dirname "$python")")" env -i HOME=/root PATH="$(dirname "$python"):/usr/bin:/bin" \
      bash -euc "cd /root/copy; $line" || failed=1
  done <build/gpu-check/STAGES
  return "$failed"
}

report=$log_folder/gpu-report-rehearsed.md
check_report() {
  cp "$system/root/gpu-check/gpu-report.md" "$report"
  ! grep -q '| FAILED |' "$report"
}

if [[ ! -e $system/root ]]; then
  step "make an empty $release system in $system" make_system "$system" "$release" python3,python3-dev,g++,openssl
fi
data=${ROOT:-$repository/build/nightly/gpu-check-data}
if [[ -z ${ROOT:-} && ! -e $data ]]; then step "data" "$bin/dplaunch" data --synthetic --root "$data"; fi
rm -rf "$system/root/gpu-check" "$system/root/copy"
step "pack" pack
step "run the lines in the empty system" run_lines
step "the report" check_report
say "gpu-check: passed in $((SECONDS / 60)) minutes; report: $report"
if [[ ${KEEP:-} != 1 ]]; then rm -rf --one-file-system "$system"; fi
