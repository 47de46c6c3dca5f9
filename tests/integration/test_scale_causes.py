"""A scale-out experiment names what was done to it: one of each, and five of each in the nightly list."""

import math
import os

import pytest

from conftest import binary
from scale_experiment import experiment  # noqa: F401

ROUNDS = 5 if os.environ.get("DPLAUNCH_TEST_REPETITIONS") == "all" else 1


@pytest.fixture
def causes_of(experiment):  # noqa: F811
    """The causes of two processes by their factor, and what was printed."""

    def run(*words, **changes):
        report, text = experiment(*words, **changes)
        return {cause["factor"]: cause for cause in report["causes"][0]["causes"]}, text

    return run


# On a busy machine others may be found beside it: that is what they are.


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_a_delay_inside_one_ranks_backward(causes_of, round_):
    library = binary("libslow_backward.so")
    causes, text = causes_of("x", f'[ "$RANK" = 1 ] && export LD_PRELOAD={library}')
    evidence = causes["load balance"]["evidence"]
    assert evidence.startswith("rank 1 takes "), text
    assert ", all of it in backward; it is the slowest in 2 of 2 runs" in evidence


# What a CPU quota does: for half of the time none of the rank's threads runs.
QUOTA = """
pid=$$
[ "$RANK" = 1 ] && while kill -STOP $pid 2> /dev/null; do
  sleep 0.01; kill -CONT $pid; sleep 0.01
done &
"""


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_a_rank_with_less_of_a_cpu(causes_of, round_):
    causes, text = causes_of("x", QUOTA, bsize=64, width=16)
    assert causes["load balance"]["evidence"].startswith("rank 1 takes "), text
    assert "in every part" in causes["load balance"]["evidence"], text


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_a_slow_link_and_what_half_the_bytes_would_gain(causes_of, round_):
    """Seven hundredths of a second for the gradients of this model, where a step is two; at 2 MB/s bf16
    takes half of that off, and what it costs to compress is nothing beside it."""
    library = binary("libslow_link.so")
    causes, text = causes_of("x", f"export LD_PRELOAD={library}", blocks=1, controls=True)
    assert next(iter(causes)) == "overlap", text
    assert "waits" in causes["overlap"]["evidence"]
    remedies = {remedy["key"]: remedy for remedy in causes["overlap"]["remedies"]}
    bf16 = remedies["compress"]
    assert bf16["prediction"] is True and bf16["value"] == "bf16" and bf16["recommended"], text
    lost = causes["overlap"]["lost_share"]["median"]
    assert bf16["low"] <= bf16["gain"] <= bf16["high"] <= lost + 1e-9
    assert 0.2 * lost < bf16["gain"] < 0.8 * lost, text
    assert "prediction: compress: bf16 takes " in text


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_a_starved_input(causes_of, round_):
    """A loader that is later with each batch by 150 ms, where a step is a twentieth of a second."""
    library = binary("libslow_input.so")
    causes, text = causes_of("x", f"export LD_PRELOAD={library}", workers=2)
    assert next(iter(causes)) == "input", text
    assert "for its batch" in causes["input"]["evidence"]
    assert "workers" in causes["input"]["remedy"]


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_slow_reads_and_what_a_thread_would_gain(causes_of, round_):
    """Each page takes 1.5 ms, in which nobody computes; a rank reads by itself. A thread of its own takes
    at most the whole wait off, and on cores that others use perhaps nothing."""
    library = binary("libslow_reads.so")
    causes, text = causes_of("x", f"export LD_PRELOAD={library}", blocks=1, width=16)
    assert "input" in causes, text
    thread = causes["input"]["remedies"][0]
    assert (thread["key"], thread["value"]) == ("workers", "2")
    assert 0 <= thread["low"] <= thread["gain"] <= thread["high"], text
    lost = causes["input"]["lost_share"]["median"]
    assert math.isclose(thread["high"], lost, rel_tol=0.25), text


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_evaluations_after_every_few_steps(causes_of, round_):
    causes, text = causes_of("x", "", limit_train=128, evaluate_every=1)
    assert "amortised" in causes, text
    assert "evaluate_every" in causes["amortised"]["remedy"]
    half = {remedy["key"]: remedy for remedy in causes["amortised"]["remedies"]}
    assert half["evaluate_every"]["value"] == half["checkpoint_every"]["value"] == "2"
    gains = sum(remedy["gain"] for remedy in half.values())
    assert math.isclose(gains, causes["amortised"]["lost_share"]["median"] / 2, rel_tol=0.1)
