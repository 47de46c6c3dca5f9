"""Whole runs of the fast recipe on the real data, a seed each."""

import statistics
import time

from report import MEASURED, NOT_MEASURED, Row, verdict
from setup import REPOSITORY, CheckFailed, NotRun

LIMIT_S = 300  # of one seed
LEAST_TOP1 = 77.0
PUBLISHED = "published: 75.61 (200 epochs), 76.75 (70), 78.4 (200, a stronger recipe)"
TINY_VALUES = {
    **{"model": "resnet20", "width": 8, "bsize": 16, "epochs": 1, "warmup_epochs": 0},
    **{"limit_train": 160, "limit_test": 100, "precision": "fp32"},
}


def one_seed(setup, seed):
    config = REPOSITORY / "configs" / "config_fast.yml"
    device = setup.two or setup.one  # more would change the recipe: each adds a batch of its own
    values = {**setup.small({}, TINY_VALUES), "seed": seed, "root": setup.real_data or setup.data}
    run = setup.train(f"seed-{seed}", device, "-c", config, limit_s=LIMIT_S, **values)
    return run.summary()["final_top1"]


def seeds(setup):
    if not setup.is_rehearsal and not setup.real_data:
        raise NotRun("no data (--root)")
    check = "top-1 of configs/config_fast.yml"
    kind = setup.small(MEASURED, NOT_MEASURED)
    top1, why = [], ""
    for seed in range(setup.seeds):
        begun = time.monotonic()
        try:
            top1.append(one_seed(setup, seed))
        except NotRun as reason:  # the mean of those that there are is worth saying
            why = f"; seed {seed} and later not run: {reason}"
            break
        yield Row(f"{check}, seed {seed}", f"{top1[-1]:.2f}% in {time.monotonic() - begun:.0f} s", "", kind)
    if not top1:
        raise NotRun(why.removeprefix("; ") or "no seeds (--seeds)")
    if any(not 0 <= each <= 100 for each in top1):
        raise CheckFailed(f"no accuracies: {top1}")
    mean = statistics.mean(top1)
    spread = f" +- {statistics.stdev(top1):.2f}" if len(top1) > 1 else ""
    yield Row(
        f"{check}, mean of the seeds",
        f"{mean:.2f}%{spread} over {len(top1)} seeds{why}",
        f"{LEAST_TOP1:.0f}%; {PUBLISHED}",
        NOT_MEASURED if setup.is_rehearsal else verdict(mean >= LEAST_TOP1),
    )


CHECKS = [("whole runs of the fast recipe", seeds)]
