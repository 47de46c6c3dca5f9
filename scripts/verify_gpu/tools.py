"""What the launcher and the worker say of the machine, and the CUDA worker's own tests."""

import re
import sys

import jobs
from report import NOT_MEASURED, OK, Row, verdict
from setup import REPOSITORY, CheckFailed

TESTS = "integration/test_cuda_worker.py"


def test_command(setup, tests):
    """By ctest where the programs lie in their build folder, else the same file by hand."""
    build = setup.binaries.parent
    if (build / "CTestTestfile.cmake").exists():
        return ["ctest", "--test-dir", build, "-R", "cuda_worker", "--output-on-failure"]
    return [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tests / TESTS]


def cuda_worker_tests(setup):
    environment = {"DPLAUNCH_BIN_DIR": str(setup.binaries), "PYTHONDONTWRITEBYTECODE": "1"}
    tests = REPOSITORY / "tests"
    result = jobs.run_program(test_command(setup, tests), setup.limit_s(120), environment)
    if result.code != 0:
        raise CheckFailed(f"exit code {result.code}", result.output)
    passed = re.findall(r"\d+ passed|\d+% tests passed.*", result.output)
    if not passed:
        raise CheckFailed("no test ran", result.output)
    yield Row("the CUDA worker's tests", passed[-1], "all pass", OK)


def doctor(setup):
    answer = setup.json_of("doctor", "--device", setup.asked, "--root", setup.data)
    findings = answer["findings"]
    bad = [f"{each['what']}: {each['finding']}" for each in findings if each["severity"] == "fail"]
    words = f"{len(findings)} findings, the worst: {answer['worst']}"
    yield Row("dplaunch doctor", words, "no FAIL", verdict(not bad), "\n".join(bad))


def devices(setup):
    if setup.is_rehearsal:
        yield Row("dplaunch devices", f"{len(setup.gpus)} GPUs", "1 or more", NOT_MEASURED)
        return
    names = ", ".join(gpu["name"] for gpu in setup.gpus)
    yield Row("dplaunch devices", f"{len(setup.gpus)}: {names}", "1 or more", OK)


CHECKS = [
    ("the CUDA worker's tests", cuda_worker_tests),
    ("dplaunch doctor", doctor),
    ("dplaunch devices", devices),
]
