"""The reference itself, against published figures."""

import pytest
import torch

from random_stream import PERMUTATION, RandomStream, epoch_permutation
from resnet import ResNet, fnv1a_64, initialize, make_resnet, parameter_digest


def parameters(model):
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize("norm", ["batch", "group"])
@pytest.mark.parametrize(
    ("name", "count"),
    # weiaicunzai/pytorch-cifar100 prints 11,220,132 and 21,328,292 for these two.
    [("resnet18", 11_220_132), ("resnet34", 21_328_292), ("resnet20", 278_324)],
)
def test_parameter_counts(name, norm, count):
    assert parameters(make_resnet(name, norm)) == count


def test_logits_have_a_row_per_image():
    for name in ("resnet18", "resnet20"):
        assert make_resnet(name, width=8)(torch.zeros(2, 3, 32, 32)).shape == (2, 100)


def test_group_norm_sees_one_image_at_a_time():
    model = initialize(make_resnet("resnet20", "group", 8), 1)
    images = torch.randn(4, 3, 32, 32)
    one_by_one = torch.cat([model(images[i : i + 1]) for i in range(4)])
    assert torch.allclose(model(images), one_by_one, atol=1e-5)


def test_digest_is_fnv1a():
    # A known answer of the FNV authors' own test suite.
    assert fnv1a_64(b"foobar") == 0x85944171F73967E8


def test_digest_sees_every_parameter():
    model = make_resnet("resnet20", width=8)
    digests = {parameter_digest(model)}
    for parameter in model.parameters():
        with torch.no_grad():
            parameter.view(-1)[-1] += 1
        digests.add(parameter_digest(model))
    assert len(digests) == 1 + len(list(model.parameters()))


def test_splitmix_known_answer():
    # The first output of the reference splitmix64.c for state 0.
    stream = RandomStream(0, PERMUTATION)
    stream.state = 0
    assert stream.next() == 0xE220A8397B1DCDAF


def test_permutation_holds_each_sample_once():
    first = epoch_permutation(1000, 3, 0)
    assert sorted(first) == list(range(1000))
    assert first != epoch_permutation(1000, 3, 1)


def test_names_are_the_common_ones():
    names = set(ResNet([2, 2, 2, 2], 64).state_dict())
    assert {
        "conv1.weight",
        "bn1.running_mean",
        "bn1.num_batches_tracked",
        "layer1.0.conv1.weight",
        "layer2.0.downsample.0.weight",
        "layer2.0.downsample.1.running_var",
        "layer4.1.bn2.bias",
        "fc.weight",
        "fc.bias",
    } <= names
