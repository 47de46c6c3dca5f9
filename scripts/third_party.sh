#!/usr/bin/env bash
# Runs programs of others unchanged under torchrun and under dplaunch, with nothing of this shell's
# environment but PATH and HOME, and compares what each rank prints. Two processes on the CPU.
#   scripts/third_party.sh [PROGRAM...]     all of them, or those named
#     accelerate    Accelerate's own test_script.py
#     fabric        a Lightning Fabric script
#     trainer       transformers' Trainer, a tiny model with random weights
#     checkpoint    torch.distributed.checkpoint: a sharded training saved and loaded
#     rpc           torch's own RPC example, a parameter server
#   BIN=FOLDER            where dplaunch is (build/launcher/bin)
#   DPLAUNCH_DEPS=FOLDER  where they are installed, beside LibTorch (default: ~/.cache/dplaunch)
source "$(dirname "${BASH_SOURCE[0]}")/lib/steps.sh"
source "$repository/scripts/lib/libtorch.sh"

programs=(accelerate fabric trainer checkpoint rpc)
wanted=("${@:-${programs[@]}}")
bin=${BIN:-$repository/build/launcher/bin}
[[ -x $bin/dplaunch ]] ||
  fail "$bin/dplaunch is not there" "cmake --preset launcher && cmake --build --preset launcher, or BIN=FOLDER"
# Another list is another folder; what is in one was installed whole.
folder=$deps_folder/third-party-$(sha256sum <"$(requirements third_party)" | cut -c1-16)

# LibTorch's packages are seen, and not touched.
make_folder() {
  local torch_python=$1
  rm -rf "$folder"
  "$(system_python)" -m venv "$folder" &&
    "$torch_python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
      >"$("$folder/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/libtorch.pth" &&
    pip_install "$folder" third_party --no-deps --only-binary=:all: &&
    touch "$folder/.complete"
}

script_of() {
  if [[ $1 != accelerate ]]; then
    echo "$repository/scripts/third_party/$1_script.py"
    return
  fi
  "$folder/bin/python" -c 'import importlib.util, pathlib
print(pathlib.Path(importlib.util.find_spec("accelerate").origin).parent / "test_utils/scripts/test_script.py")'
}

for program in "${wanted[@]}"; do
  [[ " ${programs[*]} " == *" $program "* ]] || usage_error "no such program: $program"
done
if [[ ! -e $folder/.complete ]]; then
  step "install the programs in $folder" make_folder "$(test_python)"
fi
failed=()
for program in "${wanted[@]}"; do
  say "$program"
  "$folder/bin/python" -B "$repository/scripts/third_party/compare.py" "$bin/dplaunch" \
    "$(script_of "$program")" || failed+=("$program")
done
((${#failed[@]} == 0)) || fail "not as under torchrun: ${failed[*]}"
say "all ${#wanted[@]} programs print what they print under torchrun"
