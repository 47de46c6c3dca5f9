"""scripts/verify_gpu.sh: runs each check, whatever becomes of the others; writes the report."""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import accuracy
import all_reduce
import correctness
import facts
import jobs
import loader
import memory
import overlap
import report
import speed
import tools
from setup import LIMIT_S, REPOSITORY, CheckFailed, Setup

GROUPS = (tools, correctness, loader, all_reduce, speed, memory, overlap, accuracy)
TAIL_LINES = 25


def parse(words):
    parser = argparse.ArgumentParser(prog="scripts/verify_gpu.sh")
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--device", default="all")
    parser.add_argument("--rehearse", action="store_true")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--root", type=pathlib.Path)
    return parser.parse_args(words)


def tail(output):
    return "\n".join(output.rstrip().splitlines()[-TAIL_LINES:])


def rows_of(name, check, setup):
    """The rows of a check, and one more if it breaks off."""
    try:
        yield from check(setup)
    except CheckFailed as failure:
        what = str(failure)
        yield report.Row(name, what, "", report.FAILED, tail(failure.output) or what)
    except subprocess.TimeoutExpired as failure:
        said = failure.output or b""
        said = said.decode(errors="replace") if isinstance(said, bytes) else said
        what = f"no end after {failure.timeout:.0f} s"
        yield report.Row(name, what, "", report.FAILED, tail(said) or what)
    except Exception as error:  # a check that is itself wrong must not hide the others
        words = tail(traceback.format_exc())
        yield report.Row(name, f"{type(error).__name__}: {error}", "", report.FAILED, words)


def show(row):
    limit = f" (limit: {row.limit})" if row.limit else ""
    print(f"{row.verdict:18}{row.check}: {row.measured}{limit}", flush=True)


def find_gpus(setup):
    """Fills in the GPUs that --device takes; returns the driver's version."""
    answer = setup.json_of("devices", "--device", setup.small(setup.asked, "cpu:2"))
    if setup.is_rehearsal:
        return answer["driver_version"]
    if answer["asked"]["error"] or not answer["asked"]["gpus"]:
        why = answer["asked"]["error"] or answer["probe_note"] or "it takes the CPU"
        raise SystemExit(f"verify_gpu.sh: error: --device {setup.asked} takes no GPU: {why}\n"
                         "  scripts/verify_gpu.sh --rehearse runs the checks on the CPU")
    chosen = {gpu["uuid"] for gpu in answer["asked"]["gpus"]}
    setup.gpus = [gpu for gpu in answer["gpus"] if gpu["uuid"] in chosen]
    return answer["driver_version"]


def make_data(setup):
    records = setup.small((50000, 10000), (1000, 200))
    command = [setup.dplaunch, "data", "--synthetic", "--root", setup.data]
    command += ["--train-records", records[0], "--test-records", records[1]]
    result = jobs.run_program(command, LIMIT_S)
    if result.code != 0:
        raise SystemExit(f"verify_gpu.sh: error: no synthetic data: {result.output}")


def verify(setup, path):
    driver = find_gpus(setup)
    make_data(setup)
    rows = []
    try:
        for name, check in (each for group in GROUPS for each in group.CHECKS):
            for row in rows_of(name, check, setup):
                rows.append(row)
                show(row)
    finally:  # Ctrl-C keeps what there is
        report.write(path, rows, facts.gather(setup, driver), setup.is_rehearsal)
        print(f"\n{report.counts(rows)}\nreport: {path}")
    return 1 if any(row.verdict == report.FAILED for row in rows) else 0


def main():
    asked = parse(sys.argv[1:])
    jobs.end_on_sigterm()
    work = pathlib.Path(tempfile.mkdtemp(prefix="dplaunch-verify-"))
    setup = Setup(asked.bin.resolve(), work, asked.device, asked.rehearse, asked.full, asked.root)
    if asked.rehearse:
        setup.asked = "cpu:2"
        # More threads than idle cores wait for each other actively: minutes for a few steps.
        os.environ["OMP_NUM_THREADS"] = "1"
        handle, name = tempfile.mkstemp(prefix="gpu-report-rehearsed-", suffix=".md")
        os.close(handle)
        path = pathlib.Path(name)
    else:
        path = REPOSITORY / "docs" / "gpu-report.md"
    try:
        return verify(setup, path)
    finally:
        shutil.rmtree(work)


sys.exit(main())
