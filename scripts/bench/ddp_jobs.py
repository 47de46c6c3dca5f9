"""One job for dplaunch and for a plain Python DDP script (ddp_reference.py): their command lines."""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import statistics
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "scripts/lib"))

import jobs  # noqa: E402
import turns  # noqa: E402

# What dplaunch is measured against: what it is called, and its options for ddp_reference.py.
PEERS = {"eager": ("Python DDP", []), "compile": ("torch.compile", ["--compile"])}
RESULT_MARK = '{"images_per_second"'  # ddp_reference.py prints it when all is computed


def dplaunch_program(folder):
    program = pathlib.Path(folder) / "dplaunch"
    if not program.exists():
        raise argparse.ArgumentTypeError(f"no {program}: build it (scripts/quickstart.sh)")
    return program.resolve()


def add_job_arguments(parser):
    parser.add_argument("root", help="folder that holds train.bin and test.bin")
    parser.add_argument("--model", default="resnet20")
    parser.add_argument("--bsize", type=int, default=64, help="images per process and step")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--peer", nargs="+", choices=PEERS, default=list(PEERS))
    parser.add_argument(
        "--results",
        type=pathlib.Path,
        help="a JSON object for each that has ended is appended here; a file in build/bench if left out",
    )
    parser.add_argument(
        "--bin",
        type=dplaunch_program,
        default=str(REPOSITORY / "build/release/bin"),
        help="folder of dplaunch; build/release/bin if left out",
    )


def total_batch(job):
    return job.bsize * job.processes


def dplaunch_command(job, settings):
    settings = {"model": job.model, "bsize": job.bsize, "precision": "fp32"} | settings
    command = [job.bin, "--device", f"cpu:{job.processes}"]
    command += ["-c", REPOSITORY / "configs/config_cpu.yml", "--root", job.root]
    return [str(word) for word in command + jobs.settings(settings)]


def python_command(job, *options):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", job.processes, REPOSITORY / "scripts/bench/ddp_reference.py"]
    command += ["--root", job.root, "--model", job.model, "--bsize", job.bsize, *options]
    return [str(word) for word in command]


def results_file(job, name):
    if job.results:
        return job.results
    folder = REPOSITORY / "build/bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}-{job.model}-{datetime.datetime.now():%Y%m%d-%H%M%S}.jsonl"


def keep(file, result):
    """What has ended is not lost with what fails later."""
    with file.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(result) + "\n")


@contextlib.contextmanager
def started(commands, folder, environment):
    """The jobs of {name: command}, which begin with their first turns."""
    with contextlib.ExitStack() as stack:
        yield {
            name: stack.enter_context(
                turns.Job(command, folder / f"{name}.log", environment, RESULT_MARK)
            )
            for name, command in commands.items()
        }


def environment(job):
    """A process computes with its share of the cores."""
    threads = max(1, len(os.sched_getaffinity(0)) // job.processes)
    return os.environ | {"OMP_NUM_THREADS": str(threads)}


def print_table(name, rows, peer="Python DDP"):
    """A row is (what it is of, figures of dplaunch, figures of the peer, ratio of two of them)."""
    print(f"| {name} | dplaunch | {peer} | ratio (median) | lowest to highest |")
    print("| --- | --- | --- | --- | --- |")
    for what, ours, theirs, ratio in rows:
        ratios = [ratio(a, b) for a, b in zip(ours, theirs, strict=True)]
        print(
            f"| {what} | {statistics.median(ours):.1f} | {statistics.median(theirs):.1f} "
            f"| {statistics.median(ratios):.3f} | {min(ratios):.3f} to {max(ratios):.3f} |"
        )
