#!/usr/bin/env python3
"""Steady state of dplaunch against a plain Python DDP script (ddp_reference.py), or an earlier dplaunch.

For a machine whose speed changes by the minute: all jobs run, and take turns of a few seconds, the others
halted (SIGSTOP) while one computes. The peers are the script as it is and with torch.compile (--peer). Prints
a row of medians for each, and the ratio's median and range; a block's figures are written to a file when it
ends, and a job that fails ends the measuring, not what was measured.

    scripts/bench/steady_state.py ROOT [--model resnet20] [--peer eager compile] [--against BIN]

ROOT holds train.bin and test.bin, BIN an earlier dplaunch with its worker.
"""

import argparse
import itertools
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
OURS, EARLIER = "dplaunch", "earlier"


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


def run_block(job_of, arguments):
    """Images per second of each job."""
    before = {name: (steps_of(job), job.seconds) for name, job in job_of.items()}
    names = list(job_of)
    for turn in range(arguments.turns):
        for name in names if turn % 2 == 0 else reversed(names):
            job_of[name].take_turn(arguments.turn_seconds)
    images = ddp_jobs.total_batch(arguments)
    return {
        name: images * (steps_of(job) - before[name][0]) / (job.seconds - before[name][1])
        for name, job in job_of.items()
    }


def commands_of(arguments, folder):
    settings = {"runs": folder, "epochs": ENDLESS, "log_every": 1}
    ours = ddp_jobs.dplaunch_command(arguments, settings)
    if arguments.against:
        earlier = [str(arguments.against), *ours[1:]]
        earlier[earlier.index(f"runs={folder}")] = f"runs={folder / 'peer'}"
        return {OURS: ours, EARLIER: earlier}
    endless = ("--epochs", ENDLESS, "--log-every", 1)
    peers = {
        peer: ddp_jobs.python_command(arguments, *endless, *ddp_jobs.PEERS[peer][1])
        for peer in arguments.peer
    }
    return {OURS: ours} | peers


def blocks_of(arguments, folder):
    """Each block's figures, when it has ended."""
    commands = commands_of(arguments, folder)
    with ddp_jobs.started(commands, folder, ddp_jobs.environment(arguments)) as job_of:
        for job in job_of.values():
            warm_up(job)
        while True:
            yield run_block(job_of, arguments)


def main():
    arguments = parse_arguments()
    jobs.end_on_sigterm()
    results, blocks, code = ddp_jobs.results_file(arguments, "steady_state"), [], 0
    with tempfile.TemporaryDirectory() as name:
        try:
            running = blocks_of(arguments, pathlib.Path(name))
            for block in itertools.islice(running, arguments.blocks):
                blocks.append(block)
                ddp_jobs.keep(results, block)
                print(f"block {len(blocks)} of {arguments.blocks} done", file=sys.stderr)
            running.close()
        except turns.JobFailed as failure:
            print(failure, file=sys.stderr)
            code = 1
    if not blocks:
        sys.exit("no block came to its end")
    for peer in list(blocks[0])[1:]:
        figures = [[block[name] for block in blocks] for name in (OURS, peer)]
        called = "earlier dplaunch" if peer == EARLIER else ddp_jobs.PEERS[peer][0]
        ddp_jobs.print_table(
            arguments.model, [("steady state, images/s", *figures, operator.truediv)], called
        )
    return code


if __name__ == "__main__":
    sys.exit(main())
