#!/usr/bin/env bash
# Packs what scripts/verify_gpu.sh needs for a bare machine with a GPU: x86-64, with a Python that has torch
# 2.11 with CUDA, numpy, safetensors, PyYAML and pytest; no network, no compiler, none of dplaunch's libraries. The
# pieces are small enough to be copied one by one. Prints the lines to run there, also in the file STAGES.
#
#   scripts/package_gpu_check.sh --torch FOLDER [--root DIR] [--out FOLDER] [--place FOLDER]
#                                [--piece-bytes N] [--rehearse]
#     --torch FOLDER    where torch and nvidia lie on that machine: its Python's site-packages, for example
#                       /opt/venv/lib/python3.12/site-packages
#     --root DIR        the real CIFAR-100, for the accuracy
#     --out FOLDER      where the pieces go (build/gpu-check); the lines take them from the same path there
#     --place FOLDER    where that machine unpacks them (/tmp/gpu-check)
#     --piece-bytes N   the largest piece of the data (49000000)
#     --rehearse        the lines run every check on the CPU
#   BIN=FOLDER          programs that are built already: nothing is built
source "$(dirname "${BASH_SOURCE[0]}")/lib/steps.sh"
source "$repository/scripts/lib/libtorch.sh"
source "$repository/scripts/lib/carried_libraries.sh"

torch='' root='' out=$repository/build/gpu-check place=/tmp/gpu-check piece_bytes=49000000 rehearse=''
while (($# > 0)); do
  case $1 in
    --rehearse) rehearse=' --rehearse' && shift && continue ;;
    --torch | --root | --out | --place | --piece-bytes) (($# > 1)) || usage_error "$1 needs a value" ;;
    *) usage_error "unknown option '$1'" ;;
  esac
  case $1 in
    --torch) torch=$2 ;;
    --root) root=$2 ;;
    --out) out=$2 ;;
    --place) place=$2 ;;
    --piece-bytes) piece_bytes=$2 ;;
  esac
  shift 2
done
[[ -n $torch ]] || usage_error "where is torch on that machine? (--torch)"
[[ $torch == /* ]] || usage_error "--torch $torch: no absolute path"
if [[ -n $root ]]; then root=$(realpath -e -- "$root"); fi
out=$(realpath -m -- "$out")
most_piece_bytes=$((60 << 20))
((piece_bytes <= most_piece_bytes)) || usage_error "--piece-bytes $piece_bytes: more than $most_piece_bytes"
if [[ -n ${BIN:-} ]]; then
  bin=$(realpath -e -- "$BIN")
else
  cd "$repository"
  "$repository/scripts/setup.sh" --cuda
  configure_and_build release -DDPLAUNCH_BUILD_CUDA_WORKER=ON
  bin=$repository/build/release/bin
fi
for program in dplaunch dplaunch-worker-cpu dplaunch-worker-cuda; do
  [[ -x $bin/$program ]] || fail "no $bin/$program" "unset BIN, and it is built"
done

commit() {
  git -C "$repository" rev-parse --short=12 HEAD
  [[ -z $(git -C "$repository" status --porcelain --untracked-files=no) ]] || echo "and changes"
}

pack_programs() {
  local bundle=$out/dplaunch programs=(dplaunch dplaunch-worker-cpu dplaunch-worker-cuda)
  mkdir -p "$bundle/bin"
  install -m 755 "${programs[@]/#/$bin/}" "$bundle/bin/"
  carry_libraries "$bundle" "${programs[@]/#/$bin/}"
  ln -s "$torch" "$bundle/libtorch"
  (
    cd "$repository"
    cp --parents scripts/verify_gpu.sh scripts/verify_gpu/*.py scripts/lib/*.sh scripts/lib/*.py \
      scripts/lib/requirements/tests.txt scripts/bench/ddp_reference.py scripts/bench/ddp_batches.py \
      configs/*.yml tests/reference/*.py tests/integration/conftest.py \
      tests/integration/test_cuda_worker.py "$bundle"
  )
  commit | paste -sd ' ' >"$bundle/COMMIT"
  tar -C "$out" --owner=0 --group=0 -czf "$out/programs.tar.gz" dplaunch
  rm -r "$bundle"
}

pack_data() {
  local folder=$root files=(train.bin test.bin)
  if [[ -d $root/cifar-100-binary ]]; then folder=$root/cifar-100-binary; fi
  if [[ -e $folder/SYNTHETIC.yml ]]; then files+=(SYNTHETIC.yml); fi
  tar -C "$folder" --owner=0 --group=0 --mode=u=rw,go=r --transform 's|^|data/|' -c "${files[@]}" |
    xz -3 -T0 | split -b "$piece_bytes" -d - "$out/data.tar.xz."
}

# The lines: unpack, then the checks in stages. Each line is one command on that machine, from the folder
# that the pieces' paths begin in; $OUT is where it wants its results.
stage() {
  local deadline=$1 data=''
  shift
  [[ -z $root || $* != *accuracy* ]] || data=" --root $place/data"
  [[ -z $rehearse ]] || deadline=10000
  echo "$place/dplaunch/scripts/verify_gpu.sh$rehearse --only $* --deadline $deadline --keep $place/kept --report \"\${OUT:-$place}/gpu-report.md\"$data"
}

stages() {
  local pieces=("$out"/data.tar.xz.*) piece from=${out#"$repository"/}
  echo "# unpack; the pieces that a line needs stand in it"
  echo "mkdir -p $place && tar -C $place -xzf $from/programs.tar.gz"
  if [[ -n $root ]]; then
    for piece in "${pieces[@]}"; do echo "cp $from/${piece##*/} $place/"; done
    echo "cat $place/data.tar.xz.* >$place/data.tar.xz && python3 -m tarfile -e $place/data.tar.xz $place && rm $place/data.tar.xz*"
  fi
  echo "# the checks: at most 9 minutes each, 20 minutes in all; each adds its rows to the same report"
  stage 270 tools correctness loaders sanitizer
  stage 450 speed
  stage 210 all-reduce overlap memory failure
  stage 270 accuracy
}

rm -rf "$out"
mkdir -p "$out"
step "pack the programs and the checks" pack_programs
if [[ -n $root ]]; then step "pack the data" pack_data; fi
for piece in "$out"/*; do
  bytes=$(stat -c %s "$piece")
  ((bytes <= most_piece_bytes)) || fail "$piece has $bytes bytes, more than $most_piece_bytes"
  echo "    $(basename "$piece"): $bytes bytes"
done
stages | tee "$out/STAGES"
