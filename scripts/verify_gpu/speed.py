"""Images a second and peak memory of ResNet-18, and that no step waits for its batch."""

import functools

from report import MEASURED, NOT_MEASURED, Row, verdict
from setup import CheckFailed

PRECISIONS = ("auto", "fp32", "tf32")
STEPS = 90  # an epoch
MOST_DATA_SHARE = 0.01
# images/s of ResNet-18 in bf16 that a card should reach, and its ideal.
LIMITS = {"3090": (10_000, "14,700"), "H100": (45_000, "60,000")}


def batch_sizes(setup):
    return setup.small((128, 256, 512), (8, 16, 32))


def job(setup, precision, bsize):
    values = {
        "model": "resnet18",
        "bsize": bsize,
        "epochs": 2,  # cuDNN chooses its kernels in the first
        "limit_train": bsize * STEPS,
        "optimizer": "sgd",
        "lr": 0.01,
        "workers": 16,
        "precision": precision,
        "limit_test": 1000,
        "evaluate_every": 0,
        "checkpoint_every": 0,
    }
    if setup.is_rehearsal:
        values |= {"model": "resnet20", "width": 8, "limit_train": 4 * bsize, "limit_test": 50}
    return values


def one_speed(precision, index, setup):
    bsize = batch_sizes(setup)[index]
    run = setup.train(f"speed-{precision}-{bsize}", setup.one, **job(setup, precision, bsize))
    last = run.metrics()[-1]
    setup.figures["speed", precision, index] = last["images_per_second"]
    setup.figures["data", precision, index] = last["share_data_wait"]
    memory_mib = run.summary()["peak_memory_bytes"] / 2**20
    yield Row(
        f"ResNet-18, bsize {bsize}, precision {precision}",
        f"{last['images_per_second']:,.0f} images/s, at most {memory_mib:,.0f} MiB",
        "",
        NOT_MEASURED if setup.is_rehearsal else MEASURED,
    )


def figures(setup, kind, precision):
    return [value for key, value in setup.figures.items() if key[:2] == (kind, precision)]


def limit_of(setup):
    """(least images/s, what to call the limit) of the first GPU; (None, why) without a figure."""
    name = setup.gpus[0]["name"] if setup.gpus else ""
    for part, (least, ideal) in LIMITS.items():
        if part in name:
            return least, f"{least:,} ({part}; ideal {ideal})"
    return None, "none known for this GPU (RTX 3090 10,000; H100 45,000)"


def best_speed(setup):
    speeds = figures(setup, "speed", "auto")
    if not speeds:
        raise CheckFailed("no job with precision auto came to its end")
    least, limit = limit_of(setup)
    result = MEASURED if least is None else verdict(max(speeds) >= least)
    yield Row(
        "ResNet-18, precision auto, the best bsize",
        f"{max(speeds):,.0f} images/s",
        limit,
        NOT_MEASURED if setup.is_rehearsal else result,
    )


def data_share(setup):
    shares = figures(setup, "data", "auto")
    if not shares:
        raise CheckFailed("no job with precision auto came to its end")
    yield Row(
        "share of a step that waits for its batch, precision auto, the worst bsize",
        f"{100 * max(shares):.2f}%",
        f"{100 * MOST_DATA_SHARE:.0f}%",
        NOT_MEASURED if setup.is_rehearsal else verdict(max(shares) < MOST_DATA_SHARE),
    )


CHECKS = [
    (f"images/s, precision {precision}, bsize {128 << index}",
     functools.partial(one_speed, precision, index))
    for precision in PRECISIONS
    for index in range(3)
] + [("the best images/s", best_speed), ("share of waiting for data", data_share)]
