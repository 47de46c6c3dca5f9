#!/usr/bin/env bash
# Trains, stops, kills, resumes and evaluates under a sanitizer: builds the launcher and the CPU
# worker with it, runs the tests that drive them, and fails if any process of any test left a report.
#   scripts/sanitize.sh [address|thread] [PYTEST OPTIONS]
#     address  AddressSanitizer with its search for leaks, and UndefinedBehaviorSanitizer (default)
#     thread   ThreadSanitizer
# Slow, so CI does not run it. Needs what scripts/setup.sh --tests installs.
source "$(dirname "${BASH_SOURCE[0]}")/lib/steps.sh"
source "$repository/scripts/lib/libtorch.sh"
cd "$repository"

sanitizer=${1:-address}
shift || true
case $sanitizer in
  address)
    preset=asan
    canaries=(address undefined leak)
    ;;
  thread)
    preset=tsan
    canaries=(thread)
    ;;
  *) usage_error "unknown sanitizer '$sanitizer'" ;;
esac
python=$(test_python)
build=$repository/build/$preset
reports=$build/reports
test_folders=$build/test-folders
unit_log=$build/unit-tests.log
integration_log=$build/integration-tests.log
canary=$repository/scripts/sanitizers/canary.cpp
unit_tests=(worker_tests)
integration_tests=(test_{training,resume,numerics,checkpoint_python,optimizers,schedules,tensorboard}.py
  test_{trace,eval,export,seeds,worker_alone,kill_resume,supervision,world_size_equivalence}.py
  test_{hosts,loader,watching}.py)

# Reports go to files of their own: no test can swallow one. g++'s UBSan knows no files beside ASan;
# it writes to standard error, which of a worker is a log in its run folder, and ends the process
# with an exit code that no test expects.
set_sanitizer_options() {
  local common=halt_on_error=1:log_exe_name=1:log_path=$reports/report
  export ASAN_OPTIONS=$common:detect_stack_use_after_return=1:check_initialization_order=1
  export LSAN_OPTIONS=$common
  export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1:exitcode=86
  # LibTorch is not instrumented: of its calls of pthread_cond_destroy, memcpy or free the runtime
  # sees the access, but not the atomic operation that orders it, and calls it a race. So accesses
  # within such functions are not looked at; their locking is, and so is all code of ours.
  export TSAN_OPTIONS=$common:ignore_interceptors_accesses=1:second_deadlock_stack=1
}

build_programs() {
  configure "$preset" "-DDPLAUNCH_PYTHON=$python"
  step "build $preset" cmake --build --preset "$preset" -j "$(build_jobs)" \
    --target dplaunch dplaunch-worker-cpu "${unit_tests[@]}"
}

find_reports() {
  find "$reports" -type f
  # The launcher's own and the unit tests' UBSan reports are in what pytest and gtest print.
  grep -rlE --include='*.log' 'runtime error: ' "$test_folders" "$unit_log" "$integration_log" || true
}

# A program that goes wrong is run as the tests run workers: if its report is not found, neither
# would a worker's be. One that does not must leave none: a runtime that cannot read its options also
# writes a report.
check_reports_are_found() {
  local flags way
  flags=$(sed -n 's/^DPLAUNCH_SANITIZE:STRING=//p' "$build/CMakeCache.txt")
  c++ -std=c++20 -g1 -pthread "-fsanitize=$flags" "$canary" -o "$build/canary" ||
    fail "$canary does not compile with -fsanitize=$flags"
  launch_canary || fail "a program without an error did not end well under $build/bin/dplaunch"
  [[ -z $(find_reports) ]] || fail "a program without an error left a report: $(find_reports)"
  for way in "${canaries[@]}"; do
    launch_canary "$way" || true
    [[ -n $(find_reports) ]] || fail "the report of a program that went wrong was not found" \
      "run $build/canary $way with the options of set_sanitizer_options in $0, and see where it goes"
    empty_folders
  done
}

launch_canary() {
  "$build/bin/dplaunch" --device cpu:1 --log-dir "$test_folders" -- "$build/canary" "$@"
}

empty_folders() {
  rm -rf "$reports" "$test_folders"
  mkdir -p "$reports" "$test_folders"
  : >"$unit_log"
  : >"$integration_log"
}

run_unit_tests() {
  local program
  for program in "${unit_tests[@]}"; do "$build/bin/$program"; done
}

run_integration_tests() {
  cd "$repository/tests/integration"
  DPLAUNCH_BIN_DIR=$build/bin PYTHONDONTWRITEBYTECODE=1 "$python" -m pytest -v \
    -p no:cacheprovider --basetemp "$test_folders" --durations 5 "$@" "${integration_tests[@]}"
}

build_programs
set_sanitizer_options
empty_folders
step "reports are found" check_reports_are_found

failed=()
say "unit tests ... (log: $unit_log)"
(run_unit_tests) >"$unit_log" 2>&1 || failed+=("unit tests: $unit_log")
say "integration tests ... (log: $integration_log)"
(run_integration_tests "$@") 2>&1 | tee "$integration_log" || failed+=("integration tests: $integration_log")

mapfile -t found < <(find_reports)
for report in "${found[@]}"; do
  printf '%s\n' "report: $report" >&2
  grep -m 1 -A 15 -E 'Sanitizer: |runtime error: ' "$report" >&2
done
for what in "${failed[@]}"; do printf '%s\n' "failed: $what" >&2; done
say "$sanitizer: $(grep -c '^\[       OK' "$unit_log") unit tests passed," \
  "integration tests: $(tail -n 1 "$integration_log" | tr -d =)," \
  "${#found[@]} reports, $SECONDS s in all"
((${#failed[@]} == 0 && ${#found[@]} == 0))
