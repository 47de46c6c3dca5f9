"""Several seeds: a run for each, and their mean and deviation."""

import json
import re
import statistics

JOB = {"epochs": 1, "limit_train": 320, "limit_test": 200, "seed": 5}


def results(folder):
    return [
        json.loads((folder.parent / f"{folder.name}-seed-{seed}" / "summary.json").read_text())
        for seed in (5, 6, 7)
    ]


def test_three_seeds_are_three_runs(job_command, launch, train):
    command, folder = job_command("many", "--seeds", "3", **JOB)
    run = launch(*command[1:])
    assert run.code == 0, run.output
    found = results(folder)
    top1 = [summary["final_top1"] for summary in found]
    assert len({summary["parameter_digest"] for summary in found}) == 3
    mean, deviation = statistics.mean(top1), statistics.stdev(top1)
    last = run.stdout.splitlines()[-1]
    assert re.match(
        rf"dplaunch: test top-1 over 3 seeds: {mean:.2f}% \+- {deviation:.2f}: ", last
    ), last
    # Each is the run that its seed alone makes.
    alone = train("alone", **{**JOB, "seed": 6})
    assert alone.summary()["parameter_digest"] == found[1]["parameter_digest"]


def test_the_same_command_goes_on_where_it_was_broken_off(job_command, launch):
    command, folder = job_command("again", "--seeds", "3", "--resume", **JOB)
    assert launch(*command[1:], "--set", "epochs=0").code == 0
    run = launch(*command[1:])
    assert run.code == 0, run.output
    assert all(summary["epochs"] == 1 for summary in results(folder))
    # All are finished now: nothing is trained, the result is told again.
    again = launch(*command[1:])
    assert again.code == 0
    assert again.stdout.count("nothing to do") == 3
    assert again.stdout.splitlines()[-1] == run.stdout.splitlines()[-1]


def test_resuming_without_a_name_is_refused(job_command, launch, train):
    """The newest run would be taken for that of each seed."""
    train("only", **JOB)
    command, folder = job_command("any", "--seeds", "3", "--resume", **JOB)
    command = [word for word in command if word not in ("--name", "any")]
    run = launch(*command[1:])
    assert run.code == 2, run.output
    assert "--name" in run.stderr


def test_one_name_for_all_is_refused(job_command, launch):
    command, _ = job_command("one", "--seeds", "2", "--resume=one", **JOB)
    run = launch(*command[1:])
    assert run.code == 2
    assert "--seeds has a run for each seed" in run.stderr
