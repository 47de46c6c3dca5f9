"""scripts/verify_gpu.sh: runs each check, whatever becomes of the others; writes the report."""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import accuracy
import all_reduce
import correctness
import facts
import failure
import jobs
import loader
import memory
import overlap
import report
import sanitizer
import speed
import tools
from setup import REPOSITORY, CheckFailed, NotRun, Setup

# In the order in which they are run.
GROUPS = {
    "tools": tools,
    "correctness": correctness,
    "loaders": loader,
    "sanitizer": sanitizer,
    "all-reduce": all_reduce,
    "overlap": overlap,
    "memory": memory,
    "failure": failure,
    "speed": speed,
    "accuracy": accuracy,
}
TAIL_LINES = 25


def parse(words):
    parser = argparse.ArgumentParser(prog="scripts/verify_gpu.sh")
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--device", default="all")
    parser.add_argument("--rehearse", action="store_true")
    parser.add_argument("--root", type=pathlib.Path)
    parser.add_argument("--only", nargs="+", choices=GROUPS, metavar="GROUP", default=list(GROUPS))
    parser.add_argument("--report", type=pathlib.Path)
    parser.add_argument("--deadline", type=float, metavar="SECONDS")
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--seeds", type=int, default=3)
    return parser.parse_args(words)


def tail(output):
    return "\n".join(output.rstrip().splitlines()[-TAIL_LINES:])


def rows_of(name, check, setup):
    """The rows of a check, and one more if it breaks off."""
    try:
        setup.limit_s(0)
        yield from check(setup)
    except NotRun as reason:
        yield report.Row(name, f"not run: {reason}", "", report.NOT_RUN)
    except CheckFailed as failure:
        what = str(failure)
        yield report.Row(name, what, "", report.FAILED, tail(failure.output) or what)
    except subprocess.TimeoutExpired as failure:
        said = failure.output or b""
        said = said.decode(errors="replace") if isinstance(said, bytes) else said
        what = f"no end after {failure.timeout:.0f} s"
        if setup.ends and time.monotonic() >= setup.ends:
            yield report.Row(name, f"{what}, where the deadline was", "", report.NOT_RUN, tail(said))
        else:
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
    if setup.data.exists():
        return
    records = setup.small((50000, 10000), (6000, 200))
    command = [setup.dplaunch, "data", "--synthetic", "--root", setup.data]
    command += ["--train-records", records[0], "--test-records", records[1]]
    result = jobs.run_program(command, setup.limit_s(120))
    if result.code != 0:
        raise SystemExit(f"verify_gpu.sh: error: no synthetic data: {result.output}")


def verify(setup, path, groups, ends):
    driver = find_gpus(setup)
    make_data(setup)
    setup.ends = ends
    shutil.rmtree(setup.runs, ignore_errors=True)  # of an earlier stage: their names are free again
    made = report.Report(path, setup.work / "rows.json", facts.gather(setup, driver), setup.is_rehearsal)
    for group in groups:
        made.begin_group(group)
        for name, check in GROUPS[group].CHECKS:
            begun = time.monotonic()
            for row in rows_of(name, check, setup):
                row.group = group
                made.add(row)
                show(row)
            print(f"{'':18}... {time.monotonic() - begun:.0f} s", flush=True)
    print(f"\n{report.counts(made.rows)}\nreport: {path}")
    return 1 if any(row.verdict == report.FAILED and row.group in groups for row in made.rows) else 0


def report_path(asked):
    if asked.report:
        asked.report.parent.mkdir(parents=True, exist_ok=True)
        return asked.report.resolve()
    if not asked.rehearse:
        return REPOSITORY / "docs" / "gpu-report.md"
    handle, name = tempfile.mkstemp(prefix="gpu-report-rehearsed-", suffix=".md")
    os.close(handle)
    return pathlib.Path(name)


def main():
    asked = parse(sys.argv[1:])
    begun = time.monotonic()
    jobs.end_on_sigterm()
    if asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
    work = asked.keep.resolve() if asked.keep else pathlib.Path(tempfile.mkdtemp(prefix="dplaunch-verify-"))
    setup = Setup(asked.bin.resolve(), work, asked.device, asked.rehearse, asked.root, asked.seeds)
    ends = begun + asked.deadline if asked.deadline else None
    if asked.rehearse:
        setup.asked = "cpu:2"
        # More threads than idle cores wait for each other actively: minutes for a few steps.
        os.environ["OMP_NUM_THREADS"] = "1"
    try:
        return verify(setup, report_path(asked), [each for each in GROUPS if each in asked.only], ends)
    finally:
        if not asked.keep:
            shutil.rmtree(work)


if __name__ == "__main__":
    sys.exit(main())
