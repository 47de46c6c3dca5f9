#!/usr/bin/env bash
# Installs what dplaunch needs to build and to run: system packages (Debian 12 and newer, Ubuntu
# 24.04 and newer) and LibTorch into a folder of its own. What is there already is left alone.
#   scripts/setup.sh [--cuda | --cpu | --launcher] [--tests | --nightly]
#     --cuda     LibTorch with CUDA and NCCL (4.7 GB); the default where there is an NVIDIA GPU
#     --cpu      what the CPU worker needs of it (1.4 GB); the default where there is none
#     --launcher no LibTorch: for the launcher alone, which starts programs of your own
#     --tests    also what the tests need; implies --cuda, because Python cannot import torch without
#     --nightly  also what scripts/nightly.sh needs beyond that (clang and more); implies --tests
#   LIBTORCH=FOLDER       a LibTorch 2.11 of your own: none is installed
#   DPLAUNCH_DEPS=FOLDER  where LibTorch goes (default: ~/.cache/dplaunch)
source "$(dirname "${BASH_SOURCE[0]}")/lib/steps.sh"
source "$repository/scripts/lib/system_packages.sh"
source "$repository/scripts/lib/libtorch.sh"

kind=cpu
if has_gpu; then kind=cuda; fi
with_tests=false
with_nightly=false
for option in "$@"; do
  case $option in
    --cuda) kind=cuda ;;
    --cpu) kind=cpu ;;
    --launcher) kind=launcher ;;
    --tests) with_tests=true ;;
    --nightly) with_tests=true with_nightly=true ;;
    *) usage_error "unknown option '$option'" ;;
  esac
done
if $with_tests; then kind=cuda; fi

install_system_packages "$with_tests" "$with_nightly"
if [[ $kind != launcher ]]; then install_libtorch "$kind" "$with_tests"; fi
