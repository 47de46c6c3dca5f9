"""Every optimizer against torch.optim: parameters, and the state that a checkpoint keeps."""

import dataclasses
import itertools

import pytest
import torch
from safetensors.torch import load_file

import cifar100
import trainer

STEPS = 3
BATCH = 32
SEED = 5

# Adam divides by the gradient's own size: where a gradient is near zero, rounding decides the sign
# of a whole step. Plain PyTorch against itself in another memory format came to 1e-4 to 1.2e-2 of
# the way, and to 3e-2 of the moments, which hold the last gradients and not a sum of them all; the
# worker came to 4.7e-2 (adam, the vectors).
TOLERANCE = 6e-2
STATE_TOLERANCE = 8e-2
# What tells one case from another is at least this many times as large.
MARGIN = 2


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    keys: dict  # of dplaunch's configuration

    def make(self, model):
        """The optimizer of torch that the keys describe."""
        keys = self.keys
        groups = trainer.parameter_groups(
            model, keys.get("weight_decay", 0), keys.get("decay_norm_and_bias") == "true"
        )
        if keys["optimizer"] == "sgd":
            return torch.optim.SGD(groups, lr=keys["lr"], momentum=keys["momentum"])
        kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[keys["optimizer"]]
        return kind(groups, lr=keys["lr"])


def case(name, **keys):
    return Case(name, keys)


# Rates and decays so large that leaving the decay out, or decaying too much, shows in few steps.
SGD = {"optimizer": "sgd", "nesterov": "false", "lr": 0.002, "momentum": 0.9}
ADAM = {"optimizer": "adam", "lr": 0.0001}
ADAMW = {"optimizer": "adamw", "lr": 0.0001}
CASES = [
    case("sgd", **SGD),
    case("sgd-decay", **SGD, weight_decay=0.5),
    # nesterov as by default: there is nothing to look ahead along.
    case("sgd-without-momentum", **{**SGD, "momentum": 0, "nesterov": "true"}),
    case("adam", **ADAM),
    case("adam-decay", **ADAM, weight_decay=0.5),
    case("adam-decay-all", **ADAM, weight_decay=0.5, decay_norm_and_bias="true"),
    case("adamw-decay", **ADAMW, weight_decay=1),
    case("adamw-decay-all", **ADAMW, weight_decay=1, decay_norm_and_bias="true"),
]


@pytest.fixture(scope="module")
def references(data_root):
    """(model, optimizer) of each case, trained by plain PyTorch."""
    data = cifar100.read_records(cifar100.find_folder(data_root) / "train.bin")
    return {c.name: trainer.train(data, c.make, STEPS, BATCH, SEED) for c in CASES}


def deviations(actual, model):
    """Of the matrices and of the vectors: decay treats them differently, and the first drown the
    second."""
    kinds = {"matrices": {}, "vectors": {}}
    for name, parameter in model.named_parameters():
        kinds["matrices" if parameter.dim() > 1 else "vectors"][name] = parameter.detach()
    return {kind: trainer.deviation(actual, some, SEED) for kind, some in kinds.items()}


def expected_state(model, optimizer):
    """torch's state under the names of a checkpoint."""
    state = {}
    for name, parameter in model.named_parameters():
        for key, value in optimizer.state[parameter].items():
            if key == "step":
                state["optimizer.step"] = value
            elif value is not None:
                state[f"optimizer.{key}.{name}"] = value
    return state


def by_kind(state):
    """{"exp_avg": {name: tensor}, ...}: moments differ in size by orders of magnitude."""
    kinds = {}
    for name, value in state.items():
        kinds.setdefault(name.split(".")[1], {})[name] = value
    return kinds


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_parameters_and_state_are_those_of_torch(train, references, case):
    run = train(
        case.name,
        device="cpu:1",
        norm="group",
        bsize=BATCH,
        seed=SEED,
        max_steps=STEPS,
        limit_test=8,
        **case.keys,
    )
    model, optimizer = references[case.name]
    actual = load_file(run.latest)
    found = deviations(actual, model)
    assert max(found.values()) < TOLERANCE, found

    state = expected_state(model, optimizer)
    assert {name for name in actual if name.startswith("optimizer.")} == state.keys()
    for kind, tensors in by_kind(state).items():
        zeros = {name: torch.zeros_like(value) for name, value in tensors.items()}
        share = trainer.distance(actual, tensors) / trainer.distance(zeros, tensors)
        assert share < (1e-6 if kind == "step" else STATE_TOLERANCE), kind


def test_the_tolerance_tells_every_case_from_every_other(references):
    for one, other in itertools.permutations(CASES, 2):
        found = deviations(references[one.name][0].state_dict(), references[other.name][0])
        assert max(found.values()) > MARGIN * TOLERANCE, f"{one.name}, {other.name}: {found}"
