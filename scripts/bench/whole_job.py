#!/usr/bin/env python3
"""A whole job of dplaunch against that of a plain Python DDP script (ddp_reference.py): its time from the
start to the end, and the peak memory of a rank.

The same model, batch, recipe, steps, processes, threads, evaluation and checkpoint. The two jobs of a pair
take turns of seconds, one halted while the other computes, so that both meet the same minutes of a machine
whose speed changes. Prints each pair when it is done, and in the end a table of medians, with the median
and the range of the pairs' ratios.

    scripts/bench/whole_job.py ROOT [--model resnet20]     ROOT holds train.bin and test.bin

Run it with the Python that scripts/setup.sh --tests installs (torch, numpy).
"""

import argparse
import operator
import pathlib
import tempfile

import ddp_jobs  # first: it makes scripts/lib known
import jobs
import turns


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    ddp_jobs.add_job_arguments(parser)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--steps", type=int, default=78, help="of training; an epoch has 390")
    parser.add_argument("--test-images", type=int, default=2000, help="to evaluate in the end")
    parser.add_argument("--turn-seconds", type=float, default=2)
    return parser.parse_args()


def run_pair(arguments, folder):
    """(dplaunch's job, Python's), both ended."""
    settings = {
        "runs": folder,
        "epochs": 1,
        "max_steps": arguments.steps,
        "limit_test": arguments.test_images,
    }
    options = ["--steps", arguments.steps, "--evaluate", "--limit-test", arguments.test_images]
    commands = [
        ddp_jobs.dplaunch_command(arguments, settings),
        ddp_jobs.python_command(arguments, *options, "--save", folder / "model.pt"),
    ]
    environment = ddp_jobs.environment(arguments)
    with (
        turns.Job(commands[0], folder / "dplaunch.log", environment) as ours,
        turns.Job(commands[1], folder / "python.log", environment) as theirs,
    ):
        while not (ours.has_ended and theirs.has_ended):
            for job in (ours, theirs):
                if not job.has_ended:
                    job.take_turn(arguments.turn_seconds)
    return ours, theirs


def peak_mib(job):
    return job.usage.ru_maxrss / 1024  # KiB: getrusage(2)


def main():
    arguments = parse_arguments()
    jobs.end_on_sigterm()
    pairs = []
    for number in range(1, arguments.pairs + 1):
        with tempfile.TemporaryDirectory() as folder:
            pairs.append(run_pair(arguments, pathlib.Path(folder)))
        words = [f"{job.seconds:.1f} s, {peak_mib(job):.0f} MiB" for job in pairs[-1]]
        print(f"pair {number}: dplaunch {words[0]}; Python DDP {words[1]}", flush=True)
    sides = list(zip(*pairs, strict=True))
    seconds = [[job.seconds for job in side] for side in sides]
    memory = [[peak_mib(job) for job in side] for side in sides]
    print()
    ddp_jobs.print_table(
        f"{arguments.model}, {arguments.steps} steps, {arguments.test_images} test images",
        [
            ("whole job, s (ratio: times faster)", *seconds, lambda ours, theirs: theirs / ours),
            ("peak resident memory of a rank, MiB", *memory, operator.truediv),
        ],
    )


if __name__ == "__main__":
    main()
