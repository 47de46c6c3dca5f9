#!/usr/bin/env python3
"""Steady state of dplaunch against a plain Python DDP script (ddp_reference.py), or an earlier dplaunch.

For a machine whose speed changes by the minute: both jobs run, and take turns of a few seconds, one
halted (SIGSTOP) while the other computes. Prints a row of medians, and the ratio's median and range.

    scripts/bench/steady_state.py ROOT [--model resnet20] [--against BIN]

ROOT holds train.bin and test.bin, BIN an earlier dplaunch with its worker.
"""

import argparse
import operator
import pathlib
import re
import sys
import tempfile

import ddp_jobs  # first: it makes scripts/lib known
import jobs
import turns

ENDLESS = 1000  # epochs: more than are needed
WARMUP_STEPS = 10


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ddp_jobs.add_job_arguments(parser)
    parser.add_argument("--blocks", type=int, default=5, help="a ratio is taken of each")
    parser.add_argument("--turns", type=int, default=6, help="of each job in a block")
    parser.add_argument(
        "--against", type=ddp_jobs.dplaunch_program, help="folder of another dplaunch, the peer"
    )
    parser.add_argument("--turn-seconds", type=float, default=4)
    return parser.parse_args()


def steps_of(job):
    return len(re.findall(rb"step \d+", job.output.read_bytes()))


def warm_up(job):
    job.take_turn(1)
    while steps_of(job) < WARMUP_STEPS:
        job.take_turn(0.1)


def run_block(job_pair, arguments):
    """Images per second of each job."""
    before = [(steps_of(job), job.seconds) for job in job_pair]
    for turn in range(arguments.turns):
        for job in job_pair if turn % 2 == 0 else reversed(job_pair):
            job.take_turn(arguments.turn_seconds)
    images = ddp_jobs.total_batch(arguments)
    return [
        images * (steps_of(job) - steps) / (job.seconds - seconds)
        for job, (steps, seconds) in zip(job_pair, before, strict=True)
    ]


def main():
    arguments = parse_arguments()
    jobs.end_on_sigterm()
    environment = ddp_jobs.environment(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        settings = {"runs": folder, "epochs": ENDLESS, "log_every": 1}
        ours = ddp_jobs.dplaunch_command(arguments, settings)
        theirs = ddp_jobs.python_command(arguments, "--epochs", ENDLESS, "--log-every", 1)
        if arguments.against:
            theirs = [str(arguments.against), *ours[1:]]
            theirs[theirs.index(f"runs={folder}")] = f"runs={folder / 'peer'}"
        with (
            turns.Job(ours, folder / "dplaunch.log", environment) as our_job,
            turns.Job(theirs, folder / "peer.log", environment) as their_job,
        ):
            blocks = []
            for job in (our_job, their_job):
                warm_up(job)
            for block in range(arguments.blocks):
                blocks.append(run_block([our_job, their_job], arguments))
                print(f"block {block + 1} of {arguments.blocks} done", file=sys.stderr)
    figures = zip(*blocks, strict=True)
    peer = "earlier dplaunch" if arguments.against else "Python DDP"
    ddp_jobs.print_table(arguments.model, [("steady state, images/s", *figures, operator.truediv)], peer)


if __name__ == "__main__":
    main()
