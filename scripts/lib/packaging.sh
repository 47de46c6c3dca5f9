# Sourced by scripts that make packages, after steps.sh: what they share.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # for those scripts; from steps.sh

version=$(sed -n 's/^project(dplaunch VERSION \([0-9.]*\).*/\1/p' "$repository/CMakeLists.txt")
# Two builds of one commit are the same, byte for byte: times are the commit's, and paths in messages (__FILE__)
# begin at the repository.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$repository" log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
umask 022
paths_of_sources=-ffile-prefix-map=$repository=.

# run_part ARGUMENTS: each step is a run of its script of its own, for in a function whose failure is asked for
# `set -e` does nothing. Ends the script if this run is one of a step.
run_part() {
  [[ ${1:-} == --part ]] || return 0
  "${@:2}"
  exit
}

# part NAME FUNCTION ARGUMENTS...
part() { step "$1" "$script_file" --part "${@:2}"; }

# For scripts/lib/spdx.py, a line each: NAME RELATION KIND SOURCE VERSION.
# from_package NAME RELATION PACKAGE: of what an installed package brought.
from_package() {
  # shellcheck disable=SC2016  # dpkg-query's
  printf '%s %s deb %s\n' "$1" "$2" "$(dpkg-query -W -f '${source:Package} ${source:Version}' "$3")"
}
