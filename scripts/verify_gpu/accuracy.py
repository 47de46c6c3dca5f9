"""Five whole runs of the fast recipe on the real data."""

import re
import statistics

import jobs
from report import NOT_MEASURED, Row, verdict
from setup import REPOSITORY, CheckFailed

SEEDS = 5
LIMIT_S = 24 * 3600
LEAST_TOP1 = 75.61
PUBLISHED = "75.61 (200 epochs), 76.75 (70), 78.4 (200, a stronger recipe)"
TINY_VALUES = {
    **{"model": "resnet20", "width": 8, "bsize": 16, "epochs": 1, "warmup_epochs": 0},
    **{"limit_train": 160, "limit_test": 100, "precision": "fp32"},
}


def seeds(setup):
    check = "top-1 of configs/config_fast.yml, mean of the seeds"
    if not setup.is_rehearsal and not (setup.is_full and setup.real_data):
        why = "no data (--root)" if not setup.real_data else "it is long (--full)"
        yield Row(check, f"not measured: {why}", PUBLISHED, NOT_MEASURED)
        return
    count = setup.small(SEEDS, 2)
    config = REPOSITORY / "configs" / "config_fast.yml"
    device = setup.two or setup.one  # more would change the recipe: each adds a batch of its own
    words = ("-c", config, "--seeds", count)
    values = setup.small({}, TINY_VALUES)
    root = setup.real_data or setup.data
    result = jobs.run_program(
        setup.command("seeds", device, *words, root=root, **values), LIMIT_S
    )
    if result.code != 0:
        raise CheckFailed(f"exit code {result.code}", result.output)
    top1 = [
        jobs.Run(setup.work / "runs" / f"seeds-seed-{seed}").summary()["final_top1"]
        for seed in range(count)
    ]
    mean, spread = statistics.mean(top1), statistics.stdev(top1)
    said = re.search(r"test top-1 over .*", result.output)
    if not said or f"{mean:.2f}% +- {spread:.2f}" not in said[0]:
        raise CheckFailed(f"the launcher does not say {mean:.2f}% +- {spread:.2f}", result.output)
    yield Row(
        check,
        f"{mean:.2f}% +- {spread:.2f} over {count} seeds",
        PUBLISHED,
        NOT_MEASURED if setup.is_rehearsal else verdict(mean >= LEAST_TOP1),
    )


CHECKS = [("five seeds of the fast recipe", seeds)]
