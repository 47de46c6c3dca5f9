"""What is done to the job, and when."""

import dataclasses
import os
import signal

import jobs

EARLIEST_S = 0.02  # before the first worker has begun
EPOCHS_AHEAD = 3  # a kill comes within so many epochs after the start


@dataclasses.dataclass(frozen=True)
class Kind:
    name: str
    signal: signal.Signals
    is_for_rank: bool
    exit_code: int  # of the launcher, as Popen tells it
    saves: bool  # a checkpoint of the step it was at


KILL_OF_LAUNCHER = Kind("SIGKILL to the launcher", signal.SIGKILL, False, -signal.SIGKILL, False)
KINDS = [
    Kind("SIGKILL to a rank", signal.SIGKILL, True, 128 + signal.SIGKILL, False),
    KILL_OF_LAUNCHER,
    Kind("SIGTERM to the launcher", signal.SIGTERM, False, 128 + signal.SIGTERM, True),
    Kind("SIGINT to the launcher", signal.SIGINT, False, 128 + signal.SIGINT, True),
]


@dataclasses.dataclass(frozen=True)
class Kill:
    kind: Kind
    delay_s: float
    rank: int


class Plan:
    """Kills in an order that the generator's seed alone decides."""

    def __init__(self, generator, pace):
        self.generator = generator
        self.latest_s = pace.start_s + EPOCHS_AHEAD * pace.epoch_s

    def next(self):
        kind = self.generator.choice(KINDS)
        delay_s = self.generator.uniform(EARLIEST_S, self.latest_s)
        return Kill(kind, delay_s, self.generator.randrange(2))


def deliver(kill, launcher):
    """Returns the kind that it became: a rank that is not there yet, or no more, cannot be killed,
    and the launcher is in its place."""
    target = jobs.workers_of(launcher.pid).get(kill.rank) if kill.kind.is_for_rank else None
    kind = kill.kind if target or not kill.kind.is_for_rank else KILL_OF_LAUNCHER
    try:
        os.kill(target or launcher.pid, kind.signal)
    except ProcessLookupError:
        launcher.send_signal(KILL_OF_LAUNCHER.signal)
        return KILL_OF_LAUNCHER
    return kind
