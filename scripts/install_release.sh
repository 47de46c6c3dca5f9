#!/usr/bin/env bash
# Builds dplaunch and installs it into a folder of its own with all libraries that it needs, which can then be
# copied to another machine or into a container (deploy/kubernetes/Dockerfile).
#   scripts/install_release.sh FOLDER [--cuda | --cpu | --launcher]
#     --cuda      both workers, LibTorch with CUDA and NCCL; the default where there is an NVIDIA GPU
#     --cpu       the CPU's worker and its part of LibTorch; the default where there is none
#     --launcher  the launcher alone, for programs of your own: dplaunch -- COMMAND
source "$(dirname "${BASH_SOURCE[0]}")/lib/steps.sh"
source "$repository/scripts/lib/libtorch.sh"
source "$repository/scripts/lib/carried_libraries.sh"

kind=cpu folder=''
if has_gpu; then kind=cuda; fi
for word in "$@"; do
  case $word in
    --cuda | --cpu | --launcher) kind=${word#--} ;;
    -*) usage_error "unknown option '$word'" ;;
    *) folder=$word ;;
  esac
done
[[ -n $folder ]] || usage_error "into which folder?"
folder=$(realpath -m -- "$folder")
mark=$folder/.dplaunch-release
[[ -e $mark || -z $(ls -A "$folder" 2>/dev/null) ]] ||
  fail "$folder is there, and this script did not make it" "name a folder that is not there: it will be dplaunch's alone"

# Into FOLDER/libtorch, where the workers look for it first.
copy_libtorch() {
  local worker=$folder/bin/dplaunch-worker-$kind site files
  site=$(ldd "$worker" | sed -n 's|.* => \(/.*\)/torch/lib/libtorch_cpu\.so .*|\1|p')
  [[ -n $site ]] || fail "$worker finds no LibTorch as PyPI's wheel has it" "unset LIBTORCH"
  files=(torch/lib nvidia) # cuDNN and NCCL load more than what they are linked to
  if [[ $kind == cpu ]]; then
    mapfile -t files < <(ldd "$worker" | awk '{print $3}' | grep "^$site/" |
      xargs realpath --no-symlinks --relative-to="$site")
  fi
  mkdir -p "$folder/libtorch"
  env -C "$site" cp -a --parents "${files[@]}" "$folder/libtorch/"
}

# The folder is all that is needed.
check_programs() {
  local program
  for program in "$folder"/bin/*; do
    if ldd "$program" | grep -E 'not found|/(torch|nvidia)/' | grep -vF " => $folder/"; then
      fail "$program needs what is not in $folder"
    fi
  done
  "$folder/bin/dplaunch" --version
}

cd "$repository"
"$repository/scripts/setup.sh" "--$kind"
build=build/release
case $kind in
  cuda) configure_and_build release -DDPLAUNCH_BUILD_CUDA_WORKER=ON ;;
  cpu) configure_and_build release -DDPLAUNCH_BUILD_CUDA_WORKER=OFF ;;
  launcher)
    build=build/release-launcher
    configure release -B "$build" -DDPLAUNCH_BUILD_WORKER=OFF
    step "build the launcher" cmake --build "$build" --target dplaunch shell_files -j "$(build_jobs)"
    ;;
esac
rm -rf "$folder" # libraries of before would be found in place of today's
mkdir -p "$folder"
touch "$mark"
step "install into $folder" cmake --install "$build" --prefix "$folder"
step "copy libraries" carry_libraries "$folder" "$folder"/bin/*
if [[ $kind != launcher ]]; then step "copy LibTorch" copy_libtorch; fi
shown_step "check what is installed" check_programs
