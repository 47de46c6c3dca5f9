"""Two jobs that should compute the same, by the losses that they log."""

import re

from setup import CheckFailed

STEP_LOSS = re.compile(r"step \d+/\d+  loss ([\d.]+)")


def logged_losses(run):
    """Of every step, to four decimals: for jobs with log_every 1."""
    return [float(loss) for loss in STEP_LOSS.findall(run.log())]


def loss_difference(run, expected):
    """The largest of all steps, relative to the loss."""
    losses, wanted = logged_losses(run), logged_losses(expected)
    if len(losses) != len(wanted) or not wanted:
        raise CheckFailed(f"{len(losses)} and {len(wanted)} steps logged", run.log())
    return max(abs(one - other) / other for one, other in zip(losses, wanted))
