#!/usr/bin/env python3
"""A whole job of dplaunch against that of a plain Python DDP script (ddp_reference.py): its time from the
start to the end, and the peak memory of a rank.

The same model, batch, recipe, steps, processes, threads, evaluation and checkpoint; the script as it is and
with torch.compile (--peer). The jobs of a round take turns of seconds, the others halted while one computes,
so that all meet the same minutes of a machine whose speed changes. Prints each round when it is done and
writes it to a file, and in the end a table of medians for each peer, with the median and the range of the
rounds' ratios. A round of which a job fails is left out, and said; a script that has computed its result and
then ends with an error (PyTorch's threads abort the interpreter at its exit now and then) counts, and is said.

    scripts/bench/whole_job.py ROOT [--model resnet20] [--peer eager compile]

ROOT holds train.bin and test.bin. Run it with the Python that scripts/setup.sh --tests installs (torch, numpy).
"""

import argparse
import operator
import pathlib
import sys
import tempfile

import ddp_jobs  # first: it makes scripts/lib known
import jobs
import turns

OURS = "dplaunch"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    ddp_jobs.add_job_arguments(parser)
    parser.add_argument("--pairs", type=int, default=5, help="rounds")
    parser.add_argument("--steps", type=int, default=78, help="of training; an epoch has 390")
    parser.add_argument("--test-images", type=int, default=2000, help="to evaluate in the end")
    parser.add_argument("--turn-seconds", type=float, default=2)
    return parser.parse_args()


def commands_of(arguments, folder):
    settings = {
        "runs": folder,
        "epochs": 1,
        "max_steps": arguments.steps,
        "limit_test": arguments.test_images,
    }
    options = ["--steps", arguments.steps, "--evaluate", "--limit-test", arguments.test_images]
    peers = {
        peer: ddp_jobs.python_command(
            arguments, *options, "--save", folder / f"{peer}.pt", *ddp_jobs.PEERS[peer][1]
        )
        for peer in arguments.peer
    }
    return {OURS: ddp_jobs.dplaunch_command(arguments, settings)} | peers


def run_round(arguments, folder):
    """{job's name: its figures}, when all have ended."""
    commands = commands_of(arguments, folder)
    with ddp_jobs.started(commands, folder, ddp_jobs.environment(arguments)) as job_of:
        while running := [job for job in job_of.values() if not job.has_ended]:
            for job in running:
                job.take_turn(arguments.turn_seconds)
    return {
        name: {
            "seconds": job.seconds,
            "peak_mib": job.usage.ru_maxrss / 1024,  # KiB: getrusage(2)
            "failed_at_exit": job.failed_at_exit,
        }
        for name, job in job_of.items()
    }


def name_of(job):
    return ddp_jobs.PEERS[job][0] if job in ddp_jobs.PEERS else job


def words_of(job, figures):
    words = f"{name_of(job)} {figures['seconds']:.1f} s, {figures['peak_mib']:.0f} MiB"
    return words + (" (aborted at its exit, its result computed)" if figures["failed_at_exit"] else "")


def print_tables(arguments, rounds):
    for peer in arguments.peer:
        seconds, memory = (
            [[each[job][figure] for each in rounds] for job in (OURS, peer)]
            for figure in ("seconds", "peak_mib")
        )
        ddp_jobs.print_table(
            f"{arguments.model}, {arguments.steps} steps, {arguments.test_images} test images",
            [
                ("whole job, s (ratio: times faster)", *seconds, lambda ours, theirs: theirs / ours),
                ("peak resident memory of a rank, MiB", *memory, operator.truediv),
            ],
            name_of(peer),
        )
        aborted = sum(each[peer]["failed_at_exit"] for each in rounds)
        if aborted:
            print(f"{aborted} of {len(rounds)} jobs of {name_of(peer)} aborted at their exit\n")


def main():
    arguments = parse_arguments()
    jobs.end_on_sigterm()
    results, rounds = ddp_jobs.results_file(arguments, "whole_job"), []
    for number in range(1, arguments.pairs + 1):
        try:
            with tempfile.TemporaryDirectory() as folder:
                rounds.append(run_round(arguments, pathlib.Path(folder)))
        except turns.JobFailed as failure:
            print(f"round {number} is left out:\n{failure}", flush=True)
            continue
        ddp_jobs.keep(results, rounds[-1])
        words = "; ".join(words_of(job, figures) for job, figures in rounds[-1].items())
        print(f"round {number}: {words}", flush=True)
    print(f"\n{len(rounds)} of {arguments.pairs} rounds, in {results}\n")
    if not rounds:
        return 1
    print_tables(arguments, rounds)
    return 0 if len(rounds) == arguments.pairs else 1


if __name__ == "__main__":
    sys.exit(main())
