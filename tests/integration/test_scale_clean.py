"""A scale-out experiment names no cause where nothing was done to it. Of the list "nightly": ten rounds.
What others do on the machine meanwhile is no part of it: then the runs that it names were disturbed."""

import pytest

from scale_experiment import experiment  # noqa: F401

ROUNDS = 10


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_a_clean_run_names_none(experiment, round_):  # noqa: F811
    report, text = experiment("x", "", blocks=6, steps=20, bsize=64, width=16)
    [of_two] = report["causes"]
    print(text)
    assert of_two["causes"] == [] or all(run["flags"] for run in report["runs"]), text
