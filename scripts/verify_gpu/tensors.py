"""How far apart the parameters and logits of two runs are."""

import sys

from safetensors.torch import load_file

from setup import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "tests" / "reference"))

import trainer
from resnet import initialize, make_resnet


def parameters_at_start(model, norm, width, seed):
    start = initialize(make_resnet(model, norm, width), seed)
    return {name: value.detach() for name, value in start.named_parameters()}


def deviation(run, expected, start):
    """The distance of two runs' parameters, as a share of the way that `expected` has gone. Running
    statistics are left out: they would outweigh the parameters."""
    tensors, wanted = load_file(run.latest), load_file(expected.latest)
    wanted = {name: wanted[name] for name in start}
    way = trainer.distance(start, wanted)
    return trainer.distance(tensors, wanted) / way


def logits_deviation(path, expected_path):
    """The largest difference of two files of --dump-logits, as a share of the largest logit."""
    (found,), (expected,) = load_file(path).values(), load_file(expected_path).values()
    return ((found - expected).abs().max() / expected.abs().max()).item()
