"""A few steps under compute-sanitizer, which sees what a kernel reads and writes out of bounds."""

import functools
import pathlib
import re
import shutil

import by_hand
import jobs
from report import NOT_MEASURED, Row, verdict
from setup import CheckFailed, NotRun

ERROR_CODE = 99
STEPS = 3
# Errors that functions return are not its matter: the libraries ask for what a GPU may not have.
OPTIONS = ["--tool", "memcheck", "--report-api-errors", "no", "--error-exitcode", str(ERROR_CODE)]


def find_sanitizer():
    beside = sorted(map(str, pathlib.Path("/usr/local").glob("cuda*/bin/compute-sanitizer")))
    return shutil.which("compute-sanitizer") or (beside[-1] if beside else None)


def few_steps(key, setup):
    if key:
        setup.require_key(key)
    words = []
    if not setup.is_rehearsal:
        program = find_sanitizer()
        if not program:
            raise NotRun("this machine has no compute-sanitizer")
        words = [program, *OPTIONS]
    name = f"sanitizer-{key or 'plain'}"
    values = {"bsize": 16, "limit_test": 16, "max_steps": STEPS, "epochs": 1000, "precision": "bf16"}
    folder = by_hand.make_run(setup, name, **values, **({key: "on"} if key else {}))
    environment = by_hand.rank_environment(setup, 0, 1, jobs.free_port())
    command = [*words, setup.worker, "--run-dir", folder]
    result = jobs.run_program(command, setup.limit_s(150), environment)
    found = re.findall(r"ERROR SUMMARY: (\d+) error", result.output)
    check = f"memcheck of {STEPS} steps{', ' + key if key else ''}"
    if setup.is_rehearsal and result.code == 0:
        yield Row(check, "the steps alone, on the CPU", "0 errors", NOT_MEASURED)
    elif result.code not in (0, ERROR_CODE) or not found:
        raise CheckFailed(f"exit code {result.code}, no summary", result.output)
    else:
        is_clean = result.code == 0 and found[-1] == "0"
        yield Row(check, f"{found[-1]} errors", "0 errors", verdict(is_clean),
                  "" if is_clean else result.output)


CHECKS = [
    (f"memcheck{', ' + key if key else ''}", functools.partial(few_steps, key))
    for key in (None, "fused_norm")
]
