# Sourced by scripts of the nightly list, after steps.sh: what is asked of every package.
# shellcheck shell=bash

# same_again SCRIPT PACKAGE: SCRIPT, run on the newest commit in another folder and without the compiler's cache,
# makes the same bytes. Sources that were fetched for it here are not fetched again, and no LibTorch is asked for.
# shellcheck disable=SC2154  # repository: steps.sh
same_again() {
  local script=$1 package=$2 again=$repository/build/nightly/again
  rm -rf "$again" && git clone --quiet --no-hardlinks "$repository" "$again" || return
  if [[ -d $repository/build/wheel/sources ]]; then
    mkdir -p "$again/build/wheel/sources" &&
      find "$repository/build/wheel/sources" -maxdepth 1 -type f -exec cp -t "$again/build/wheel/sources" {} + || return
  fi
  LIBTORCH='' CCACHE_DISABLE=1 DPLAUNCH_LOGS='' "$again/$script" "$again/dist" &&
    cmp "$package" "$again/dist/$(basename "$package")" &&
    rm -rf "$again"
}

# check_software_list FILE...: is each valid SPDX?
check_software_list() {
  local python=$repository/build/nightly/spdx/bin file
  [[ -x $python/pyspdxtools ]] || {
    python3 -m venv "$repository/build/nightly/spdx" &&
      "$python/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
        -r "$repository/scripts/lib/requirements/spdx.txt" || return
  }
  for file in "$@"; do "$python/pyspdxtools" --infile "$file" || return; done
}

# list_of_wheel WHEEL FOLDER: unpacks its software list, and prints its path.
list_of_wheel() {
  mkdir -p "$2" && python3 -m zipfile --extract "$1" "$2" && find "$2" -name '*.spdx.json'
}
