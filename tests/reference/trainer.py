"""dplaunch's training, written down independently: one process, plain PyTorch, torch.optim."""

import numpy as np
import torch

import cifar100
from random_stream import epoch_permutation
from resnet import initialize, make_resnet

# More threads than cores wait for each other actively: on a busy machine that takes minutes.
torch.set_num_threads(1)

WIDTH = 8
CROP_PADDING = 4


def make_start(seed):
    """The model without BatchNorm, before its first step."""
    return initialize(make_resnet("resnet20", "group", WIDTH), seed)


def parameter_groups(model, weight_decay, decay_norm_and_bias=False):
    matrices = [parameter for parameter in model.parameters() if parameter.dim() > 1]
    vectors = [parameter for parameter in model.parameters() if parameter.dim() <= 1]
    decay_of_vectors = weight_decay if decay_norm_and_bias else 0
    return [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": vectors, "weight_decay": decay_of_vectors},
    ]


def train(data, make_optimizer, steps, batch, seed, label_smoothing=0.0, make_scheduler=None,
          max_norm=None):
    """The model and its optimizer after `steps` of `batch` images of `data`, images and labels.

    Gradients are clipped to `max_norm`, if there is one.
    make_optimizer(model) and make_scheduler(optimizer) are called once; the scheduler steps after
    every batch.
    """
    images, labels = data
    model = make_start(seed)
    optimizer = make_optimizer(model)
    scheduler = make_scheduler(optimizer) if make_scheduler else None
    steps_per_epoch = len(images) // batch
    for step in range(steps):
        epoch, first = step // steps_per_epoch, step % steps_per_epoch * batch
        chosen = epoch_permutation(len(images), seed, epoch)[first : first + batch]
        augmented = [
            cifar100.augmented(images[i], CROP_PADDING, seed, epoch, i) for i in chosen
        ]
        loss = torch.nn.functional.cross_entropy(
            model(torch.from_numpy(cifar100.normalize(np.stack(augmented)))),
            torch.from_numpy(labels[chosen]),
            label_smoothing=label_smoothing,
        )
        optimizer.zero_grad()
        loss.backward()
        if max_norm is not None:
            torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()
        if scheduler and step + 1 < steps:
            scheduler.step()
    return model, optimizer


def distance(one, other):
    """Euclidean, over all tensors of `other`."""
    squares = [((one[name] - other[name]).double() ** 2).sum() for name in other]
    return torch.stack(squares).sum().sqrt().item()


def deviation(actual, expected, seed):
    """How far apart the two are, as a share of the way from the initial parameters."""
    start = make_start(seed).state_dict()
    way = distance({name: start[name] for name in expected}, expected)
    assert way > 1e-3, "parameters that hardly moved would compare nothing"
    return distance(actual, expected) / way
