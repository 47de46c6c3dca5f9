#!/usr/bin/env bash
# From a fresh clone to a trained model: installs, builds, gets the data, trains on the GPUs that
# are there, or on the CPU. Options are passed on to the training run:
#   scripts/quickstart.sh [--cuda] [dplaunch options]     for example  --set epochs=1  or  --device 0
#     --cuda   builds the CUDA worker too where there is no GPU (with one it always is)
source "$(dirname "${BASH_SOURCE[0]}")/lib/steps.sh"
cd "$repository"
with_cuda=false
if has_gpu; then with_cuda=true; fi
options=()
for option in "$@"; do
  if [[ $option == --cuda ]]; then with_cuda=true; else options+=("$option"); fi
done

# has_option NAME...: whether the user gave one of these, as "--name value" or "--name=value".
has_option() {
  local option name
  for option in "${options[@]}"; do
    for name in "$@"; do
      if [[ $option == "$name" || $option == "$name="* ]]; then return 0; fi
    done
  done
  return 1
}

if $with_cuda; then
  "$repository/scripts/setup.sh" --cuda
  configure_and_build release -DDPLAUNCH_BUILD_CUDA_WORKER=ON
else
  "$repository/scripts/setup.sh"
  configure_and_build release -DDPLAUNCH_BUILD_CUDA_WORKER=OFF
fi
if has_gpu; then
  device=all
  config=configs/config_multi_gpu.yml
else
  device=cpu:2
  config=configs/config_cpu.yml
fi

dplaunch=build/release/bin/dplaunch
# A data folder that the user names is taken as it is.
if ! has_option --root; then shown_step "get the data" "$dplaunch" data --root ./data; fi
run=("$dplaunch")
if ! has_option --device; then run+=(--device "$device"); fi
if ! has_option -c --config; then run+=(-c "$config"); fi
shown_step "train" "${run[@]}" "${options[@]}"
