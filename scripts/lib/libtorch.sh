# Sourced by setup.sh, test.sh and others: LibTorch as PyPI's wheel, in a virtual environment a kind.
# cmake/FindLibTorch.cmake looks into the same folders.
# shellcheck shell=bash

torch_version=2.11.0
deps_folder=${DPLAUNCH_DEPS:-${XDG_CACHE_HOME:-${HOME:?is not set: set it, or name a folder for LibTorch with DPLAUNCH_DEPS}/.cache}/dplaunch}
# Each with its version and the hashes of its files: what the index gives is what was tried. Of the CPU
# set's CUDA, the wheel's CPU libraries are linked to two packages and to nothing else.
# shellcheck disable=SC2154  # repository: steps.sh
requirements() { echo "$repository/scripts/lib/requirements/$1.txt"; }

libtorch_folder() { echo "$deps_folder/libtorch-$torch_version-$1"; }

# Loads the libraries rather than looking whether files are there.
libtorch_loads() {
  local kind=$1 python
  python=$(libtorch_folder "$kind")/bin/python
  [[ -x $python ]] || return 1
  if [[ $kind == cuda ]]; then
    "$python" -c "import torch; assert torch.__version__.split('+')[0] == '$torch_version'" &&
      "$python" -c "import torch; torch.distributed.is_nccl_available() or exit('no NCCL')"
  else
    "$python" - <<PYTHON
import ctypes, importlib.metadata, sysconfig
assert importlib.metadata.version("torch").split("+")[0] == "$torch_version"
ctypes.CDLL(sysconfig.get_path("purelib") + "/torch/lib/libtorch_cpu.so")
PYTHON
  fi
}

is_marked() { [[ -e $(libtorch_folder "$1")/.complete${2:-} ]]; }
mark() { touch "$(libtorch_folder "$1")/.complete${2:-}"; }

# A set that somebody made by hand is taken if it works; an interrupted one is made again.
check_or_remove() {
  local kind=$1 folder
  folder=$(libtorch_folder "$kind")
  if is_marked "$kind" || [[ ! -e $folder ]]; then return; fi
  if libtorch_loads "$kind" >/dev/null 2>&1; then
    say "LibTorch $torch_version ($kind) in $folder works"
    mark "$kind"
  else
    say "LibTorch in $folder is incomplete (an interrupted installation?): making it again"
    rm -rf "$folder"
  fi
}

# The distribution's Python has the venv module that setup.sh installed.
system_python() { if [[ -x /usr/bin/python3 ]]; then echo /usr/bin/python3; else echo python3; fi; }

# pip_install FOLDER SET [OPTION...]
pip_install() {
  local folder=$1 set=$2
  shift 2
  "$folder/bin/python" -m pip install --disable-pip-version-check --no-cache-dir --require-hashes \
    --requirement "$(requirements "$set")" "$@"
}

install_set() {
  local kind=$1 folder
  folder=$(libtorch_folder "$kind")
  mkdir -p "$deps_folder"
  step "make a virtual environment in $folder" "$(system_python)" -m venv "$folder"
  if [[ $kind == cuda ]]; then
    step "install LibTorch $torch_version with CUDA (4.7 GB)" pip_install "$folder" cuda
  else
    step "install LibTorch $torch_version for the CPU (1.4 GB)" pip_install "$folder" cpu --no-deps
  fi
  step "check LibTorch $torch_version ($kind)" libtorch_loads "$kind"
  mark "$kind"
}

install_libtorch() {
  local kind=$1 with_tests=$2 folder
  if [[ -n ${LIBTORCH:-} ]]; then
    [[ -d $LIBTORCH ]] || fail "LIBTORCH=$LIBTORCH: no such folder" "unset it, or name a LibTorch 2.11"
    say "LibTorch: yours in $LIBTORCH (LIBTORCH is set)"
    return
  fi
  check_or_remove cuda
  if [[ $kind == cpu ]] && is_marked cuda; then kind=cuda; fi # the whole set does for the CPU too
  check_or_remove "$kind"
  folder=$(libtorch_folder "$kind")
  if is_marked "$kind"; then
    say "LibTorch $torch_version ($kind): in $folder"
  else
    install_set "$kind"
  fi
  # The list is part of the mark: another one is installed into an older set as well.
  local tests_mark
  tests_mark=-tests-$(sha256sum <"$(requirements tests)" | cut -c1-16)
  if $with_tests && ! is_marked "$kind" "$tests_mark"; then
    step "install the tests' Python packages" pip_install "$folder" tests
    mark "$kind" "$tests_mark"
  fi
}

# python_with MODULE...: the one beside LibTorch, or the first in PATH.
python_with() {
  local folder=${LIBTORCH:-$(libtorch_folder cuda)} candidate
  for candidate in "$folder/bin/python" "$folder/../../../../bin/python" "$(command -v python3)"; do
    if "$candidate" -c "import $(printf '%s, ' "$@" | sed 's/, $//')" 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  fail "no Python near $folder can import $*" \
    "unset LIBTORCH, or install them: pip install --requirement $(requirements tests)"
}

# The Python that the tests use.
test_python() { python_with kubernetes_validate numpy prometheus_client pytest safetensors tensorboard torch yaml; }
