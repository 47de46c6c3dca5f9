"""The keystone: how a batch is spread over ranks does not change what is learnt."""

import pytest
import torch

import cifar100
import trainer
from conftest import model_tensors
from resnet import make_resnet, parameter_digest

STEPS = 8
BATCH = 32
LR = 0.001
SEED = 11
RECIPE = {"weight_decay": 0.0005, "label_smoothing": 0.1}

# Spreading a sum over ranks changes the order of float32 additions, a relative 1e-5 of the first
# step. From then on an activation within rounding of zero may fall on the other side of a ReLU,
# where the gradient jumps: in plain PyTorch, batch against parts of the batch, that came to 1e-4 to
# 5e-3 of the way after 8 steps with eight seeds (and to 1e-12 in float64). A wrong average is off
# by 95% of the way. The small rate keeps such jumps from feeding on themselves.
FIRST_STEP_TOLERANCE = 1e-3
TOLERANCE = 3e-2
WRONG = 0.5


def train_spread(train, name, ranks, **changes):
    values = {"norm": "group", "lr": LR, "seed": SEED, "max_steps": STEPS, "limit_test": 40}
    values |= {**RECIPE, **changes}
    return train(name, device=f"cpu:{ranks}", bsize=BATCH // ranks, **values)


def parameters(run):
    return model_tensors(run.latest)


def deviation(actual, expected):
    return trainer.deviation(actual, expected, SEED)


def python_parameters(data_root, steps):
    """The same steps, written down independently."""

    def sgd(model):
        groups = trainer.parameter_groups(model, RECIPE["weight_decay"])
        return torch.optim.SGD(groups, lr=LR, momentum=0.9, nesterov=True)

    data = cifar100.read_records(cifar100.find_folder(data_root) / "train.bin")
    model, _ = trainer.train(data, sgd, steps, BATCH, SEED, RECIPE["label_smoothing"])
    return model.state_dict()


@pytest.mark.parametrize(("steps", "tolerance"), [(1, FIRST_STEP_TOLERANCE), (STEPS, TOLERANCE)])
def test_one_two_and_four_ranks_learn_what_plain_pytorch_learns(train, data_root, steps, tolerance):
    one = parameters(train_spread(train, "one", 1, max_steps=steps))
    assert deviation(one, python_parameters(data_root, steps)) < tolerance, "plain PyTorch"
    for ranks in (2, 4):
        run = train_spread(train, f"ranks-{ranks}", ranks, max_steps=steps)
        assert deviation(parameters(run), one) < tolerance, f"{ranks} ranks"
        assert len({run.digest(rank) for rank in range(ranks)}) == 1
    # What a sum in place of a mean would do on two ranks: the test must see it by far.
    wrong = parameters(train_spread(train, "wrong", 1, max_steps=steps, lr=2 * LR))
    assert deviation(wrong, one) > WRONG


def test_another_seed_gives_other_parameters(train):
    one = parameters(train_spread(train, "seed-a", 2))
    other = parameters(train_spread(train, "seed-b", 2, seed=SEED + 1))
    assert deviation(other, one) > WRONG


def test_other_batches_give_other_parameters(train):
    """Augmentation off changes the batches: a test that missed it would miss wrong samples too."""
    one = parameters(train_spread(train, "augmented", 2))
    plain = parameters(train_spread(train, "plain", 2, crop_padding=0, flip="false"))
    assert deviation(plain, one) > 3 * TOLERANCE


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
