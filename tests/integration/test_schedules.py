"""The learning rate of every step, against torch.optim.lr_scheduler."""

import dataclasses
import math
import re

import pytest
import torch
from torch.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    LinearLR,
    OneCycleLR,
    SequentialLR,
)

import cifar100
import trainer
from conftest import model_tensors

BATCH = 8
RANKS = 2
STEPS_PER_EPOCH = 4
EPOCHS = 5
STEPS = EPOCHS * STEPS_PER_EPOCH
LR = 0.1
STOP = 7  # in the middle of the second epoch, before the warm-up's and after the cycle's top
PROGRESS_DIGITS = 5.1e-7  # a progress line has six decimals

SMALL = {
    "norm": "group",
    "bsize": BATCH,
    "limit_train": STEPS_PER_EPOCH * BATCH * RANKS,
    "limit_test": 8,
    "epochs": EPOCHS,
    "evaluate_every": 0,
    "checkpoint_every": 0,
    "log_every": 1,
}


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    keys: dict  # of dplaunch's configuration
    make: object  # of an optimizer, torch's scheduler
    peak: float = LR


def warm_up(steps, make_rest):
    """Linear from peak / steps to the peak, which the last of `steps` has."""

    def make(optimizer):
        rise = LinearLR(optimizer, start_factor=1 / steps, total_iters=steps - 1)
        return SequentialLR(optimizer, [rise, make_rest(optimizer)], milestones=[steps])

    return make


def onecycle(optimizer):
    return OneCycleLR(optimizer, max_lr=optimizer.param_groups[0]["lr"], total_steps=STEPS)


def cosine(steps):
    return lambda optimizer: CosineAnnealingLR(optimizer, T_max=steps)


def falling(steps):
    return lambda optimizer: LinearLR(optimizer, start_factor=1, end_factor=0, total_iters=steps)


def constant(optimizer):
    return ConstantLR(optimizer, factor=1)


def scaled(name, peak, **keys):
    return Case(name, {"schedule": "constant", **keys}, constant, peak)


TOTAL_BATCH = BATCH * RANKS
CASES = [
    Case("onecycle", {"schedule": "onecycle"}, onecycle),
    Case("cosine", {"schedule": "cosine"}, cosine(STEPS)),
    # 2.5 epochs are 10 steps.
    Case(
        "warm-cosine",
        {"schedule": "cosine", "warmup_epochs": 2.5},
        warm_up(10, cosine(STEPS - 10)),
    ),
    Case(
        "warm-linear",
        {"schedule": "linear", "warmup_epochs": 2},
        warm_up(8, falling(STEPS - 8)),
    ),
    Case("falling", {"schedule": "linear"}, falling(STEPS)),
    Case("warm-constant", {"schedule": "constant", "warmup_epochs": 2}, warm_up(8, constant)),
    scaled("linear", LR * TOTAL_BATCH / 64, lr_scaling="linear", lr_base_batch=64),
    scaled("sqrt", LR * math.sqrt(TOTAL_BATCH / 64), lr_scaling="sqrt", lr_base_batch=64),
    scaled("capped", 0.15, lr_scaling="linear", lr_base_batch=4, lr_cap=0.15),
    scaled("under-the-cap", LR / 2, lr_scaling="linear", lr_base_batch=32, lr_cap=0.15),
    scaled("cap-without-scaling", 0.03, lr_cap=0.03),
    Case(
        "scaled-onecycle",
        {"schedule": "onecycle", "lr_scaling": "sqrt", "lr_base_batch": 4},
        onecycle,
        2 * LR,
    ),
]


def torch_rates(case):
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=case.peak)
    scheduler = case.make(optimizer)
    rates = []
    for step in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step + 1 < STEPS:
            scheduler.step()
    return rates


def logged_rates(run):
    """{step from 0 over the whole run: rate}, of the progress lines; no step twice."""
    rates = {}
    pattern = r"epoch (\d+)/\d+  step (\d+)/\d+  .* lr (\S+) "
    for epoch, step, rate in re.findall(pattern, run.log(0)):
        at = (int(epoch) - 1) * STEPS_PER_EPOCH + int(step) - 1
        assert at not in rates, f"step {at} twice"
        rates[at] = float(rate)
    return rates


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
# SequentialLR itself calls step(epoch) of the schedulers that it joins.
@pytest.mark.filterwarnings("ignore:The epoch parameter")
def test_every_step_has_the_rate_of_torch(train, case):
    expected = torch_rates(case)
    keys = {"lr": LR, **SMALL, **case.keys}
    train(case.name, max_steps=STOP, **keys)
    run = train(case.name, "--resume", max_steps=0, **keys)

    logged = logged_rates(run)
    assert list(logged) == list(range(STEPS))
    assert list(logged.values()) == pytest.approx(expected, rel=0, abs=PROGRESS_DIGITS)
    # All digits, of each epoch's last step.
    of_epochs = [line["lr"] for line in run.metrics()]
    assert of_epochs == pytest.approx(expected[STEPS_PER_EPOCH - 1 :: STEPS_PER_EPOCH], rel=1e-9)


def test_the_update_uses_the_rate_that_is_logged(train, data_root):
    """Parameters after a small one-cycle, stopped and resumed on its way, are those of PyTorch."""
    seed, lr = 3, 0.001
    keys = {**SMALL, "schedule": "onecycle", "lr": lr, "seed": seed, "momentum": 0.9}
    keys |= {"device": "cpu:1", "bsize": TOTAL_BATCH, "nesterov": "false"}
    train("updates", max_steps=STOP, **keys)
    run = train("updates", "--resume", max_steps=0, **keys)

    def sgd(model):
        return torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)

    images, labels = cifar100.read_records(
        cifar100.find_folder(data_root) / "train.bin", SMALL["limit_train"]
    )
    expected = {
        name: trainer.train(
            (images, labels), sgd, STEPS, TOTAL_BATCH, seed, make_scheduler=make
        )[0].state_dict()
        for name, make in {"onecycle": onecycle, "constant": constant}.items()
    }
    actual = model_tensors(run.latest)
    assert trainer.deviation(actual, expected["onecycle"], seed) < 0.2
    assert trainer.deviation(actual, expected["constant"], seed) > 0.5
