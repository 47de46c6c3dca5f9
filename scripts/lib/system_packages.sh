# Sourced by setup.sh: the distribution's packages.
# shellcheck shell=bash

packages_to_build=(g++ cmake ninja-build git ccache python3 python3-venv ca-certificates curl
  libfmt-dev libyaml-cpp-dev libcli11-dev nlohmann-json3-dev libhwloc-dev libgloo-dev
  libsodium-dev)
packages_to_test=(elfutils gdb libgtest-dev libgmock-dev iproute2 nftables openmpi-bin
  slurmctld slurmd slurm-client munge)
packages_of_the_nights=(buildah chromium chromium-driver clang debootstrap dpkg-dev lintian shellcheck)

is_installed() {
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# Boost.Process v2 exists since 1.80. Prints the oldest fitting release, an installed one first.
choose_boost() {
  local release
  for release in $( { dpkg-query -W -f '${db:Status-Status} ${Package}\n' 'libboost1.*-dev' \
      2>/dev/null | sed -n 's/^installed libboost\(1\.[0-9]*\)-dev$/\1/p' | sort -V
    apt-cache pkgnames libboost1. | sed -n 's/^libboost\(1\.[0-9]*\)-dev$/\1/p' | sort -V; }); do
    if ((${release#1.} >= 81)); then echo "$release"; return; fi
  done
}

# Release 14 where there is one: each release formats, and warns, differently.
choose_clang_tidy() {
  if is_installed clang-tidy-14 || [[ -n $(apt-cache pkgnames clang-tidy-14) ]]; then
    echo clang-tidy-14
  else
    echo clang-tidy
  fi
}

# Sanitizers and libFuzzer for the clang that the package "clang" brings.
choose_clang_runtime() {
  local release
  release=$(apt-cache depends clang | sed -n 's/^ *Depends: clang-\([0-9]*\)$/\1/p' | head -n 1)
  echo "libclang-rt-$release-dev"
}

update_package_lists() {
  step "update the package lists" as_root apt-get update
}

install_system_packages() {
  local with_tests=$1 with_nightly=$2 boost package missing=()
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "no apt-get here: make sure that these (Debian's names) are installed:"
    echo "    ${packages_to_build[*]} libboost-dev (1.81 or newer) libboost-filesystem-dev"
    return
  fi
  boost=$(choose_boost)
  local may_install=true
  if ((EUID != 0)) && ! command -v sudo >/dev/null; then may_install=false; fi
  if [[ -z $boost ]] && $may_install; then
    update_package_lists
    boost=$(choose_boost)
  fi
  if [[ -z $boost ]]; then
    fail "no Boost 1.81 or newer among the packages of $(. /etc/os-release && echo "$PRETTY_NAME")" \
      "dplaunch needs Debian 12, Ubuntu 24.04 or newer (or run apt-get update first)"
  fi
  local wanted=("${packages_to_build[@]}" "libboost$boost-dev" "libboost-filesystem$boost-dev")
  if $with_tests; then
    wanted+=("${packages_to_test[@]}" "$(choose_clang_tidy)")
  fi
  if $with_nightly; then wanted+=("${packages_of_the_nights[@]}" "$(choose_clang_runtime)"); fi
  for package in "${wanted[@]}"; do
    if ! is_installed "$package"; then missing+=("$package"); fi
  done
  if ((${#missing[@]} == 0)); then
    say "system packages: all ${#wanted[@]} are installed"
    return
  fi
  if ! $may_install; then
    fail "these packages are missing, and there is neither root nor sudo: ${missing[*]}" \
      "ask for: apt-get install --no-install-recommends ${missing[*]}"
  fi
  say "missing system packages: ${missing[*]}"
  if ! apt-get install --simulate --no-install-recommends "${missing[@]}" >/dev/null 2>&1; then
    update_package_lists
  fi
  step "install system packages" as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${missing[@]}"
}
