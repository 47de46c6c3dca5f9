"""scripts/soak.sh: breaks a job for some minutes and holds its end against the unbroken run's."""

import os
import pathlib
import random
import secrets
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import compare
import jobs
import kills
from broken_run import BrokenRun
from job import RANKS, Job, measure_pace


def soak(job, minutes, seed, work):
    print(f"seed {seed}", flush=True)
    pace = measure_pace(job)
    print(f"start {pace.start_s:.1f} s, epoch {pace.epoch_s:.1f} s", flush=True)
    started = time.monotonic()
    broken = BrokenRun(job, kills.Plan(random.Random(seed), pace), work)
    broken.until(started + 60 * minutes)
    epochs = broken.finish()
    broken_s = time.monotonic() - started
    # The job is as long as it got: how far that is in MINUTES depends on the machine.
    unbroken_s = job.train("unbroken", epochs)
    print(f"{epochs} epochs: broken {broken_s:.0f} s, unbroken {unbroken_s:.0f} s", flush=True)

    problems = broken.problems
    if not problems:
        problems = compare.differences(broken.run, job.run("unbroken"), RANKS)
    for problem in problems:
        print(f"DIFFERENT: {problem}")
    counts = ", ".join(f"{broken.counts[kind.name]} x {kind.name}" for kind in kills.KINDS)
    print(
        f"{'FAILED' if problems else 'ok'}: {sum(broken.counts.values())} kills ({counts}; "
        f"{broken.saved} stops wrote a checkpoint) in {broken_s / 60:.1f} minutes, {epochs} epochs, "
        f"parameter digests {broken.run.digest(0)} and {job.run('unbroken').digest(0)}, seed {seed}"
    )
    return 1 if problems else 0


def main():
    jobs.end_on_sigterm()
    binaries, root = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
    minutes = float(sys.argv[3]) if len(sys.argv) > 3 else 10.0
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else secrets.randbelow(1 << 32)
    work = pathlib.Path(tempfile.mkdtemp(prefix="dplaunch-soak-", dir=os.environ.get("KEEP")))
    code = 1
    try:
        code = soak(Job(binaries / "dplaunch", root, work / "runs"), minutes, seed, work)
    finally:
        # What differed is evidence.
        if code == 0 and "KEEP" not in os.environ:
            shutil.rmtree(work)
        else:
            print(f"runs and logs: {work}")
    return code


sys.exit(main())
