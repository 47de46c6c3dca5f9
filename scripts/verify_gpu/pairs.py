"""Two jobs that should compute the same, by the losses that they log."""

import re

from setup import CheckFailed

# The worker logs it when it has recorded a step as a CUDA graph, and goes on without one if it cannot.
GRAPH_WORDS = "a step is one launch now"
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


def require_graph(run):
    """A job that went on without its graph would be compared with itself."""
    if GRAPH_WORDS not in run.log():
        raise CheckFailed("its steps were not recorded as a CUDA graph", run.log())
