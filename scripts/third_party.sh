#!/usr/bin/env bash
# Runs programs of others unchanged under torchrun and, by the same line, under `dplaunch torchrun`, with
# nothing of this shell's environment but PATH and HOME, and compares what each rank prints. Two processes
# on the CPU.
#   scripts/third_party.sh [PROGRAM...]     all of them, or those named
#     accelerate    Accelerate's own test_script.py
#     fabric        a Lightning Fabric script
#     lightning     a script of PyTorch Lightning's Trainer
#     trainer       transformers' Trainer, a tiny model with random weights
#     checkpoint    torch.distributed.checkpoint: a sharded training saved and loaded
#     rpc           torch's own RPC example, a parameter server
#   BIN=FOLDER            where dplaunch is (build/launcher/bin)
#   DPLAUNCH_DEPS=FOLDER  where they are installed, beside LibTorch (default: ~/.cache/dplaunch)
source "$(dirname "${BASH_SOURCE[0]}")/lib/steps.sh"
source "$repository/scripts/lib/libtorch.sh"
source "$repository/scripts/lib/third_party.sh"

programs=(accelerate fabric lightning trainer checkpoint rpc)
wanted=("${@:-${programs[@]}}")
bin=${BIN:-$repository/build/launcher/bin}
[[ -x $bin/dplaunch ]] ||
  fail "$bin/dplaunch is not there" "cmake --preset launcher && cmake --build --preset launcher, or BIN=FOLDER"

script_of() {
  if [[ $1 != accelerate ]]; then
    echo "$repository/scripts/third_party/$1_script.py"
    return
  fi
  "$third_party_folder/bin/python" -c 'import importlib.util, pathlib
print(pathlib.Path(importlib.util.find_spec("accelerate").origin).parent / "test_utils/scripts/test_script.py")'
}

for program in "${wanted[@]}"; do
  [[ " ${programs[*]} " == *" $program "* ]] || usage_error "no such program: $program"
done
need_third_party
failed=()
for program in "${wanted[@]}"; do
  say "$program"
  "$third_party_folder/bin/python" -B "$repository/scripts/third_party/compare.py" "$bin/dplaunch" \
    "$(script_of "$program")" || failed+=("$program")
done
((${#failed[@]} == 0)) || fail "not as under torchrun: ${failed[*]}"
say "all ${#wanted[@]} programs print what they print under torchrun"
