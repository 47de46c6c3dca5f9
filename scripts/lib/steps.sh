# Sourced by all scripts: named steps with their duration and log, --help, and what they share.
# shellcheck shell=bash
set -euo pipefail
# With it, cd would print where it went, or go elsewhere.
unset CDPATH
repository=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
log_folder=${DPLAUNCH_LOGS:-$repository/build/logs}
mkdir -p "$log_folder"

say() { printf '%s\n' "==> $*"; }

fail() {
  printf '%s\n' "$(basename "$0"): error: $1" >&2
  shift
  for line in "$@"; do printf '%s\n' "  $line" >&2; done
  exit 1
}

# The comment that a script begins with. Its path is taken before it changes folders.
script_file=$(realpath -m -- "$0")
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$script_file"; }

usage_error() {
  printf '%s\n' "$(basename "$0"): error: $1" >&2
  usage >&2
  exit 2
}

for _option in "$@"; do
  if [[ $_option == -h || $_option == --help ]]; then
    usage
    exit 0
  fi
done

# On a terminal: the newest line of a long step's output, in place. Otherwise nothing.
show_newest_line() {
  if [[ ! -t 1 ]]; then cat >/dev/null; return; fi
  local line width
  width=$(tput cols 2>/dev/null || echo 80)
  while IFS= read -r line; do printf '\r\033[K    %s' "${line:0:$((width - 6))}"; done
  printf '\r\033[K'
}

# step NAME COMMAND...: runs it with its output in a log. When it fails, this says which step it
# was, shows the end of its log, and ends the script with the step's own exit code.
step() {
  local name=$1 log start=$SECONDS code=0
  shift
  log=$log_folder/$(tr -c '[:alnum:]\n' '-' <<<"$name").log
  say "$name ..."
  # No background job: Ctrl-C must reach the command.
  "$@" 2>&1 </dev/null | tee "$log" | show_newest_line || code=${PIPESTATUS[0]}
  if ((code == 0)); then
    echo "    done in $((SECONDS - start)) s"
    return
  fi
  tail -n 30 "$log" >&2
  printf '%s\n' '' "$(basename "$0"): step failed: $name (exit code $code after $((SECONDS - start)) s)" \
    "  command: $*" "  log:     $log" >&2
  exit "$code"
}

# shown_step NAME COMMAND...: the same for a command whose output is for the user.
shown_step() {
  local name=$1 start=$SECONDS code=0
  shift
  say "$name: $*"
  "$@" || code=$?
  if ((code == 0)); then
    echo "    done in $((SECONDS - start)) s"
    return
  fi
  printf '%s\n' '' "$(basename "$0"): step failed: $name (exit code $code after $((SECONDS - start)) s)" \
    "  command: $*" >&2
  exit "$code"
}

# say_budget PART START MINUTES: how much of its time a part has used since START (of $SECONDS).
say_budget() {
  local tenths=$(((SECONDS - $2) / 6))
  say "$1: $((tenths / 10)).$((tenths % 10)) of $3 minutes used"
}

has_gpu() { [[ -e /dev/nvidia0 ]] || nvidia-smi -L >/dev/null 2>&1; }

# A source file that includes LibTorch needs up to 2 GB to compile.
build_jobs() {
  local cores memory_gb
  cores=$(nproc)
  memory_gb=$(awk '/^MemAvailable/ {print int($2 / 1048576)}' /proc/meminfo)
  local by_memory=$((memory_gb / 2))
  if ((by_memory < 1)); then by_memory=1; fi
  echo $((cores < by_memory ? cores : by_memory))
}

# So that ccache takes what is compiled with a precompiled header (its manual, "Precompiled headers").
export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros}

# configure PRESET [CMAKE OPTIONS]: a build folder of before takes the LIBTORCH of today.
configure() {
  local preset=$1 launcher=()
  shift
  if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
  step "configure $preset" cmake --preset "$preset" "${launcher[@]}" "-DLIBTORCH=${LIBTORCH:-}" "$@"
}

# configure_and_build PRESET [CMAKE OPTIONS]
configure_and_build() {
  configure "$@"
  step "build $1" cmake --build --preset "$1" -j "$(build_jobs)"
}
