#!/usr/bin/env bash
# From a fresh clone to a trained model: installs, builds, gets the data, trains on the GPUs that
# are there, or on the CPU. Options are passed on to the training run:
#   scripts/quickstart.sh [dplaunch options]     for example  --set epochs=1  or  --device 0
source "$(dirname "${BASH_SOURCE[0]}")/lib/steps.sh"
cd "$repository"
options=("$@")

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

"$repository/scripts/setup.sh"
if has_gpu; then
  configure_and_build release -DDPLAUNCH_BUILD_CUDA_WORKER=ON
  device=all
  config=configs/config_multi_gpu.yml
else
  configure_and_build release -DDPLAUNCH_BUILD_CUDA_WORKER=OFF
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
