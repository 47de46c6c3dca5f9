"""A batch that does not fit ends the job at once and names one that does; bsize auto finds it."""

import re
import time

from report import FAILED, OK, Row, verdict

MOST_S = 60
# In the hint.
LARGEST = re.compile(r"bsize(?:=| to at most )(\d+)")


def job(setup):
    if setup.is_rehearsal:  # larger than all the images: another limit, the same kind of error
        return {**setup.tiny, "bsize": 2000, "limit_train": 400, "max_steps": 3, "epochs": 1}
    real = {"model": "resnet18", "width": 0, "bsize": 50000, "lr": 0.001}
    return {**setup.tiny, **real, "max_steps": 3, "epochs": 1}


def too_large(setup):
    begun = time.monotonic()
    _, result = setup.try_to_train("too-large", setup.one, **job(setup))
    seconds = time.monotonic() - begun
    yield Row(
        f"bsize {job(setup)['bsize']} ends at once, with an error",
        f"exit code {result.code} after {seconds:.0f} s",
        f"not 0, within {MOST_S} s",
        verdict(result.code != 0 and seconds < MOST_S),
        "" if result.code != 0 and seconds < MOST_S else result.output,
    )
    named = LARGEST.findall(result.output)
    check = "the error names a bsize that fits"
    if not named:
        yield Row(check, "no number", "one that trains", FAILED, result.output)
        return
    setup.train("fits", setup.one, **{**job(setup), "bsize": named[0]})
    yield Row(check, f"{named[0]}, which trains", "one that trains", OK)


def automatic(setup):
    run = setup.train("auto", setup.one, **{**job(setup), "bsize": "auto"})
    yield Row("bsize: auto", f"trains with {run.summary()['total_batch']}", "trains", OK)


CHECKS = [("a bsize that is too large", too_large), ("bsize: auto", automatic)]
