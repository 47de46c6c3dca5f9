# Sourced by scripts that make a folder of programs for other machines: which libraries go along.
# shellcheck shell=bash

# What the other machine must have: the compiler's and C's libraries. What it gets: these, and nothing else.
of_the_system='ld-linux-x86-64|linux-vdso|lib(c|m|dl|rt|util|pthread|stdc\+\+|gcc_s)'
carried='lib(boost_filesystem|yaml-cpp|hwloc|udev|cap|fmt)'

# libraries_of PROGRAM: the carried libraries' files, and an error for a library that nobody would bring.
libraries_of() {
  local name arrow path rest
  while read -r name arrow path rest; do
    [[ $arrow == '=>' && $name =~ ^(${carried})[.-] ]] && echo "$path" && continue
    [[ $name =~ ^(/.*/)?(${of_the_system})\.so || $path == */torch/lib/* || $path == */nvidia/* ]] ||
      fail "$1 needs $name ($path $rest): it is neither carried nor the machine's" "add it to ${BASH_SOURCE[0]}"
  done < <(ldd "$1")
}

# carry_libraries FOLDER PROGRAM...: into FOLDER/lib, where programs in FOLDER/bin look for them.
carry_libraries() {
  local folder=$1 program found libraries=''
  shift
  mkdir -p "$folder/lib"
  for program in "$@"; do
    found=$(libraries_of "$program")
    libraries+=$found$'\n'
  done
  sort -u <<<"$libraries" | sed '/^$/d' | xargs -r -d '\n' cp -L -t "$folder/lib" --
}
