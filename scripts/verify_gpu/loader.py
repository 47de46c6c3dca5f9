"""Batches made on the device are those made on the host."""

from pairs import loss_difference
from report import Row, verdict

MOST_DIFFERENCE = 1e-4  # four decimals of a loss of some 4.6, and rounding
LEAST_OF_OTHERS = 1e-3

# Without learning a step's loss depends on its batch alone, and no difference grows.
CHANGES = {"lr": 0, "epochs": 1, "crop_fill": "reflect", "cutout": 8}


def same_batches(setup):
    job = {**setup.tiny, **CHANGES, "limit_train": setup.small(50000, 160)}
    run, expected = (
        setup.train(f"loader-{kind}", setup.one, **job, loader=kind) for kind in ("device", "host")
    )
    apart = loss_difference(run, expected)
    yield Row(
        "batches of loader: device against host",
        f"losses of {expected.summary()['steps']} steps {apart:.1e} apart",
        f"{MOST_DIFFERENCE:.0e}",
        verdict(apart <= MOST_DIFFERENCE),
    )
    # The control: a comparison that cannot see this would see nothing.
    other = setup.train("loader-other", setup.one, **{**job, "flip": "false"}, loader="host")
    apart = loss_difference(other, expected)
    yield Row(
        "batches without the flip, which must differ",
        f"losses {apart:.1e} apart",
        f"more than {LEAST_OF_OTHERS:.0e}",
        verdict(apart > LEAST_OF_OTHERS),
    )


CHECKS = [("loader: device against host", same_batches)]
