"""The signal that Slurm itself sends before a job's time is over, which takes minutes."""

import pytest

from slurm_jobs import submit, two_nodes  # noqa: F401  fixtures


@pytest.mark.parametrize("signal", ["USR1@60", "B:USR1@60"])
def test_a_job_whose_time_is_nearly_over_comes_again(submit, signal):
    """The whole minutes of --time, and the minute that the signal may come early, leave it a minute to train."""
    job = submit(options=["--time=3", f"--signal={signal}"], changes={"epochs": 100000})
    job.await_text("SIGUSR1, preempted: stopping 1 rank", times=2, seconds=240)
    job.await_text("Exited with exit code 75")
    job.await_text("resumed from")
    assert job.run(0).latest.exists()
    job.ask("scancel")
    job.await_end()
