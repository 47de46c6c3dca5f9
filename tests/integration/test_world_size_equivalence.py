"""The keystone: how a batch is spread over ranks does not change what is learnt."""

import numpy as np
import pytest
import torch

import cifar100
from conftest import model_tensors
from resnet import initialize, make_resnet, parameter_digest

STEPS = 8
BATCH = 32
LR = 0.05
SEED = 11

# Spreading a sum over ranks changes the order of float32 additions: about 1e-7 relative a gradient,
# a few times that after 8 steps of feedback. A wrong average is a change of tens of percent.
RTOL, ATOL = 1e-4, 1e-5


def train_spread(train, name, ranks, **changes):
    values = {"norm": "group", "lr": LR, "seed": SEED, "max_steps": STEPS, **changes}
    return train(name, device=f"cpu:{ranks}", bsize=BATCH // ranks, **values)


def parameters(run):
    return model_tensors(run.latest)


def largest_excess(actual, expected):
    """How many tolerances the worst parameter is off; below 1 is equal."""
    return max(
        ((actual[name] - value).abs() / (ATOL + RTOL * value.abs())).max().item()
        for name, value in expected.items()
    )


@pytest.fixture(scope="module")
def python_parameters(data_root):
    """The same steps, written down independently: one process, plain PyTorch."""
    images, labels = cifar100.read_records(cifar100.find_folder(data_root) / "train.bin")
    model = initialize(make_resnet("resnet20", "group", 8), SEED)
    decayed = [parameter for parameter in model.parameters() if parameter.dim() > 1]
    others = [parameter for parameter in model.parameters() if parameter.dim() <= 1]
    optimizer = torch.optim.SGD(
        [{"params": decayed, "weight_decay": 5e-4}, {"params": others}],
        lr=LR,
        momentum=0.9,
        nesterov=True,
    )
    order = cifar100.epoch_permutation(len(images), SEED, epoch=0)
    for step in range(STEPS):
        chosen = order[step * BATCH : (step + 1) * BATCH]
        batch = np.stack([cifar100.augmented(images[i], 4, SEED, 0, i) for i in chosen])
        loss = torch.nn.functional.cross_entropy(
            model(torch.from_numpy(cifar100.normalize(batch))),
            torch.from_numpy(labels[chosen]),
            label_smoothing=0.1,
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return {name: value.detach() for name, value in model.state_dict().items()}


def test_one_two_and_four_ranks_learn_the_same(train, python_parameters):
    recipe = {"weight_decay": 0.0005, "label_smoothing": 0.1}
    one = parameters(train_spread(train, "one", 1, **recipe))
    moved = max(
        (value - initial).abs().max().item()
        for value, initial in zip(
            one.values(),
            (initialize(make_resnet("resnet20", "group", 8), SEED).state_dict()[n] for n in one),
            strict=True,
        )
    )
    assert moved > 0.01, "parameters that hardly moved would compare nothing"
    assert largest_excess(one, python_parameters) < 1, "not what plain PyTorch computes"
    for ranks in (2, 4):
        run = train_spread(train, f"ranks-{ranks}", ranks, **recipe)
        assert largest_excess(parameters(run), one) < 1, f"{ranks} ranks"
        assert len({run.digest(rank) for rank in range(ranks)}) == 1
    # What a sum in place of a mean would do on two ranks: the test must see it by far.
    wrong = parameters(train_spread(train, "wrong", 1, **{**recipe, "lr": 2 * LR}))
    assert largest_excess(wrong, one) > 100


def test_another_seed_gives_other_parameters(train):
    one = parameters(train_spread(train, "seed-a", 2))
    other = parameters(train_spread(train, "seed-b", 2, seed=SEED + 1))
    assert largest_excess(other, one) > 100


def test_the_same_job_twice_is_bitwise_the_same(train):
    first = parameters(train_spread(train, "first", 2, norm="batch"))
    second = parameters(train_spread(train, "second", 2, norm="batch"))
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("ranks", [2, 3])
def test_replicas_stay_bitwise_equal_with_batch_norm(train, ranks):
    run = train_spread(train, f"bitwise-{ranks}", ranks, norm="batch")
    digests = {run.digest(rank) for rank in range(ranks)}
    assert len(digests) == 1, digests
    model = make_resnet("resnet20", width=8)
    model.load_state_dict(parameters(run), strict=True)
    assert digests == {parameter_digest(model)}
