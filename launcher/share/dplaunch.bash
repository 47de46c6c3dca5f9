# bash completion for dplaunch(1). tests/launcher/share holds it against dplaunch --help.
# shellcheck shell=bash

# The options of a subcommand; of dplaunch itself for anything else.
_dplaunch_options() {
  case $1 in
    data) echo --root --synthetic --train-records --test-records --url --md5 --force -h --help ;;
    devices) echo --device --json -h --help ;;
    doctor) echo --device --root --json -h --help ;;
    status) echo --runs -w --watch --json --csv -h --help ;;
    logs) echo --runs -f --follow -r --rank -n --lines -h --help ;;
    stop) echo --runs --now --timeout -h --help ;;
    eval) echo --checkpoint --device --set --root --confusion --json -h --help ;;
    export) echo --checkpoint --out --dtype --force -h --help ;;
    *)
      echo --device -c --config --set --root --if-busy --bind --isolate-devices \
        --name --log-dir --resume --trace --seeds --show \
        --grace --max-restarts --preempt-signal --stall-timeout --on-stall \
        --nproc-per-node --nnodes --node-rank --master-addr --master-port --standalone \
        --dry-run --show-config --version -h --help
      ;;
  esac
}

# Adds those of its arguments that begin with $cur to the answer. $prefix is what stands before
# $cur in the same word of the shell.
_dplaunch_offer() {
  local word
  for word in "$@"; do
    if [[ $word == "$cur"* ]]; then COMPREPLY+=("$prefix$word"); fi
  done
}

# File names: $1 is what compgen shall list, -f or -d; the rest are patterns that files must match.
_dplaunch_offer_files() {
  local kind=$1 pattern name
  shift
  while IFS= read -r name; do COMPREPLY+=("$prefix$name"); done < <(
    compgen -d -- "$cur"
    if [[ $kind == -f ]]; then
      for pattern in "${@:-*}"; do compgen -f -X "!$pattern" -- "$cur"; done
    fi | while IFS= read -r name; do [[ -d $name ]] || printf '%s\n' "$name"; done
  )
  compopt -o filenames 2>/dev/null
}

# The program as it was typed, with ~ for the home folder.
_dplaunch_program() {
  local program=${COMP_WORDS[0]}
  printf '%s' "${program/#\~/$HOME}"
}

_dplaunch_offer_devices() {
  local line before='' word
  local indices=()
  while IFS= read -r line; do
    if [[ $line == *'"links"'* ]]; then break; fi
    if [[ $line =~ \"logical_index\":\ ([0-9]+) ]]; then indices+=("${BASH_REMATCH[1]}"); fi
  done < <("$(_dplaunch_program)" devices --json 2>/dev/null)
  if [[ $cur == *,* ]]; then
    before=${cur%,*},
    for word in "${indices[@]}"; do
      if [[ ,$before != *",$word,"* ]]; then _dplaunch_offer "$before$word"; fi
    done
    return
  fi
  _dplaunch_offer all auto cpu "${indices[@]}"
}

# The keys of the configuration, or the values of one where there are only a few.
_dplaunch_offer_assignments() {
  local wanted=$1 key value meaning choices
  while read -r key value _ meaning; do
    if [[ -z $wanted && $key != key ]]; then _dplaunch_offer "$key="; fi
    if [[ -z $wanted || $key != "$wanted" ]]; then continue; fi
    choices=${meaning##* }
    if [[ $choices == *'|'* ]]; then
      IFS='|' read -ra choices <<<"$choices"
      _dplaunch_offer "${choices[@]}"
    elif [[ $value == true || $value == false ]]; then
      _dplaunch_offer true false
    else
      _dplaunch_offer_files -f
    fi
  done < <("$(_dplaunch_program)" --show-config 2>/dev/null)
  if [[ -z $wanted ]]; then compopt -o nospace 2>/dev/null; fi
}

# The runs in the folder that --log-dir or --runs names, else in ./runs.
_dplaunch_offer_runs() {
  local runs=runs i run
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ ${COMP_WORDS[i]} == --log-dir || ${COMP_WORDS[i]} == --runs ]]; then
      if [[ ${COMP_WORDS[i + 1]} == = ]]; then ((i++)); fi
      runs=${COMP_WORDS[i + 1]/#\~/$HOME}
    fi
  done
  for run in "$runs"/*/; do
    run=${run%/}
    if [[ -d $run ]]; then _dplaunch_offer "${run##*/}"; fi
  done
  compopt -o filenames 2>/dev/null
}

# The values of option $1; fails if it takes none.
_dplaunch_offer_values() {
  case $1 in
    --device) _dplaunch_offer_devices ;;
    -c | --config) _dplaunch_offer_files -f '*.yml' '*.yaml' ;;
    --set) _dplaunch_offer_assignments '' ;;
    --root | --log-dir | --runs) _dplaunch_offer_files -d ;;
    --if-busy) _dplaunch_offer warn skip fail wait ;;
    --bind) _dplaunch_offer numa core none ;;
    --resume) _dplaunch_offer_runs ;;
    --checkpoint)
      _dplaunch_offer_runs
      _dplaunch_offer_files -f '*.safetensors'
      ;;
    --out | --confusion) _dplaunch_offer_files -f ;;
    --dtype) _dplaunch_offer fp32 bf16 ;;
    --show) _dplaunch_offer all none ;;
    --preempt-signal) _dplaunch_offer USR1 USR2 HUP INT QUIT ALRM TERM XCPU VTALRM PWR ;;
    --on-stall) _dplaunch_offer warn stop restart ;;
    --trace) return 1 ;; # its number is optional
    --nproc-per-node) _dplaunch_offer gpu cpu auto ;;
    --master-addr) _dplaunch_offer_hosts ;;
    --name | --grace | --max-restarts | --stall-timeout | --nnodes | --node-rank | --master-port) ;;
    --timeout | --seeds) ;;
    -r | --rank | -n | --lines) _dplaunch_offer all ;;
    --train-records | --test-records | --url | --md5) ;;
    *) return 1 ;;
  esac
  return 0
}

_dplaunch_offer_hosts() {
  local host
  while IFS= read -r host; do _dplaunch_offer "$host"; done < <(compgen -A hostname -- "$cur")
}

# What stands behind "--", which is word $1: a command of the user's own, completed as if it stood
# alone.
_dplaunch_offer_command() {
  local command=$(($1 + 1)) helper word
  for helper in _comp_command_offset _command_offset; do
    if declare -F "$helper" >/dev/null; then
      "$helper" "$command"
      return
    fi
  done
  if ((COMP_CWORD == command)); then
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -c -- "$cur" | sort -u)
  fi
  # No answer means that of bash itself: file names.
  compopt -o bashdefault -o default 2>/dev/null
}

_dplaunch() {
  COMPREPLY=()
  local i cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} before='' prefix=''
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ ${COMP_WORDS[i]} == -- ]]; then
      _dplaunch_offer_command "$i"
      return
    fi
  done
  # Bash makes three words of --option=value and of key=value, unless COMP_WORDBREAKS was changed.
  if [[ $cur == = ]]; then
    cur=''
    before=${COMP_WORDS[COMP_CWORD - 2]}
  elif [[ $option == = ]] && ((COMP_CWORD >= 3)); then
    option=${COMP_WORDS[COMP_CWORD - 2]}
    before=${COMP_WORDS[COMP_CWORD - 3]}
  elif [[ $cur == -*=* ]]; then
    option=${cur%%=*}
    prefix=$option=
    cur=${cur#*=}
  elif [[ $option == --set && $cur == *=* ]]; then
    before=--set
    option=${cur%%=*}
    prefix=$option=
    cur=${cur#*=}
  fi
  if [[ $before == --set || ($before == = && $option != -*) ]]; then
    _dplaunch_offer_assignments "$option"
    return
  fi
  if _dplaunch_offer_values "$option"; then
    # --resume goes without a value too, and an option may follow it.
    if [[ $option != --resume || $cur != -* ]]; then return; fi
  fi
  if [[ $option == : ]]; then return; fi # behind cpu: or auto:, a number
  if ((COMP_CWORD == 1)) && [[ $cur != -* ]]; then
    _dplaunch_offer data devices doctor status logs stop eval export
    return
  fi
  if [[ ${COMP_WORDS[1]} == @(status|logs|stop) && $cur != -* ]]; then
    _dplaunch_offer_runs
    return
  fi
  local options
  read -ra options <<<"$(_dplaunch_options "${COMP_WORDS[1]}")"
  _dplaunch_offer "${options[@]}"
}

complete -F _dplaunch dplaunch
