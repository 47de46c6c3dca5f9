"""BatchNorm, addition and ReLU in one against PyTorch's operators, and what a user sees of it."""

import itertools
import re

import pytest
import torch

import trainer
from conftest import binary, model_tensors

NHWC = torch.channels_last
# Channels: a multiple of the widest vector, of a narrow one, of none, and a single one; images enough
# for several blocks of rows, or fewer than a block.
SHAPES = [(6, 16, 16, 16), (3, 72, 9, 7), (5, 7, 4, 4), (9, 1, 3, 3), (40, 200, 1, 1)]
VARIANTS = list(itertools.product((False, True), (False, True)))  # addend, ReLU


def operator(library):
    torch.ops.load_library(str(binary(f"lib{library}.so")))
    return getattr(torch.ops, library).fused_norm


@pytest.fixture(scope="module", params=["cpu_norm", "emulated_gpu_norm"])
def fused_norm(request):
    """That of the CPU, and the kernels for GPUs as the worker starts them, run by the host."""
    return operator(request.param)


@pytest.fixture(scope="module")
def cpu_norm():
    return operator("cpu_norm")


def make_inputs(shape, with_addend, dtype, seed=0, offset=0.5):
    """[x, addend or None, weight, bias]"""
    generator = torch.Generator().manual_seed(seed)

    def draw(*size, like):
        return torch.randn(size, generator=generator, dtype=torch.double).to(like)

    of_channels = torch.double if dtype == torch.double else torch.float
    x = (2 * draw(*shape, like=torch.double) + offset).to(dtype).to(memory_format=NHWC)
    addend = draw(*shape, like=dtype).to(memory_format=NHWC) if with_addend else None
    weight, bias = (draw(shape[1], like=of_channels) for _ in range(2))
    return [t if t is None else t.requires_grad_() for t in (x, addend, weight, bias)]


def statistics(channels, dtype):
    return torch.full((channels,), 0.3, dtype=dtype), torch.full((channels,), 1.7, dtype=dtype)


def plain(x, addend, weight, bias, mean, var, is_training, relu):
    y = torch.nn.functional.batch_norm(x, mean, var, weight, bias, is_training, 0.1, 1e-5)
    if addend is not None:
        y = y + addend
    return torch.relu(y) if relu else y


def as_double(tensors):
    return [t if t is None else t.detach().double().requires_grad_() for t in tensors]


def gradients(outputs, inputs, grads):
    return torch.autograd.grad(outputs, [t for t in inputs if t is not None], grads)


def error(actual, expected):
    """The largest difference, as a share of the largest value."""
    return ((actual.double() - expected).abs().max() / expected.abs().max()).item()


@pytest.mark.parametrize("dtype, tolerance", [(torch.float, 2e-6), (torch.bfloat16, 2**-7)])
def test_results_and_gradients_are_those_of_pytorch(fused_norm, dtype, tolerance):
    """Both outputs are used, so the gradient is the sum of two; PyTorch computes in float64."""
    for shape, (with_addend, relu) in itertools.product(SHAPES, VARIANTS):
        what = f"{shape}, addend {with_addend}, relu {relu}"
        inputs = make_inputs(shape, with_addend, dtype)
        running = statistics(shape[1], torch.float)
        one, other = fused_norm(*inputs, *running, True, relu)
        exact_inputs = as_double(inputs)
        exact_running = statistics(shape[1], torch.double)
        expected = plain(*exact_inputs, *exact_running, True, relu)
        assert one.dtype == dtype and one.is_contiguous(memory_format=NHWC)
        assert torch.equal(one, other)
        assert error(one, expected) < tolerance, what
        for mine, exact in zip(running, exact_running, strict=True):
            assert error(mine, exact) < 2e-6, what
        # Where an output is within rounding of zero, either side of ReLU is right.
        clear = (expected.detach().abs() > 0.02).to(dtype)
        generator = torch.Generator().manual_seed(1)
        grads = [torch.randn(shape, generator=generator).to(dtype) * clear for _ in range(2)]
        mine = gradients([one, other], inputs, grads)
        exact = gradients(expected, exact_inputs, sum(g.double() for g in grads))
        for a, b in zip(mine, exact, strict=True):
            # Sums of numbers of either sign: their rounding weighs more.
            assert error(a, b) < max(1e-5, tolerance), what


@pytest.mark.parametrize("with_addend, relu", VARIANTS)
def test_gradients_by_finite_differences(cpu_norm, with_addend, relu):
    # Two channels of whole vectors of float64 and a few, so that each kernel has its part.
    inputs = make_inputs((2, 13, 2, 1), with_addend, torch.double)
    given = [t for t in inputs if t is not None]

    def function(x, *rest):
        addend, weight, bias = rest if with_addend else (None, *rest)
        return cpu_norm(
            x.contiguous(memory_format=NHWC), addend, weight, bias,
            *statistics(13, torch.double), True, relu,
        )

    assert torch.autograd.gradcheck(function, given)


def test_gradients_that_nobody_else_has_may_be_overwritten_and_no_others(fused_norm):
    """As after a convolution, whose gradient is autograd's alone; a hook keeps one that is not."""
    for with_addend, keep in itertools.product((False, True), (False, True)):
        inputs = make_inputs(SHAPES[0], with_addend, torch.float)
        outputs = fused_norm(*inputs, *statistics(16, torch.float), True, True)
        kept = []
        if keep:
            outputs[0].register_hook(lambda grad: kept.append((grad, grad.clone())))
        found = gradients(sum((2 + i) * output.square() for i, output in enumerate(outputs)),
                          inputs, torch.ones(SHAPES[0]))
        exact_inputs = as_double(inputs)
        y = plain(*exact_inputs, *statistics(16, torch.double), True, True)
        exact = gradients(5 * y.square(), exact_inputs, torch.ones(SHAPES[0], dtype=torch.double))
        assert all(error(a, b) < 1e-5 for a, b in zip(found, exact, strict=True))
        assert all(torch.equal(grad, before) for grad, before in kept)


def test_one_use_of_a_result_is_enough(fused_norm):
    inputs = make_inputs(SHAPES[0], True, torch.float)
    grad = torch.randn(SHAPES[0])
    found = []
    for use in (0, 1):
        outputs = fused_norm(*inputs, *statistics(16, torch.float), True, True)
        found.append(gradients(outputs[use], inputs, grad))
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))


def test_evaluation_uses_the_running_statistics_and_leaves_them(fused_norm):
    for shape, (with_addend, relu) in itertools.product(SHAPES, VARIANTS):
        inputs = make_inputs(shape, with_addend, torch.float)
        running = statistics(shape[1], torch.float)
        with torch.no_grad():
            found, _ = fused_norm(*inputs, *running, False, relu)
        expected = plain(*as_double(inputs), *statistics(shape[1], torch.double), False, relu)
        assert error(found, expected) < 2e-6
        assert torch.equal(torch.stack(running), torch.stack(statistics(shape[1], torch.float)))


def test_a_mean_far_from_zero_costs_no_more_precision_than_in_pytorch(fused_norm):
    """What sums of squares would lose: the standard deviation is 1/5000 of the mean."""
    shape = (16, 24, 16, 16)
    inputs = make_inputs(shape, False, torch.float, offset=1e4)
    expected = plain(*as_double(inputs), *statistics(24, torch.double), True, False)
    found, _ = fused_norm(*inputs, *statistics(24, torch.float), True, False)
    theirs = plain(*inputs, *statistics(24, torch.float), True, False)
    assert error(found, expected) < max(2e-6, 2 * error(theirs, expected))


def test_what_is_no_number_stays_none(fused_norm):
    """Or a diverged run would go on with zeros."""
    x, addend, weight, bias = make_inputs((2, 20, 4, 4), True, torch.float)
    with torch.no_grad():
        addend[1, 17, 2, 3] = float("nan")
    found, _ = fused_norm(x, addend, weight, bias, *statistics(20, torch.float), True, True)
    assert torch.isnan(found).nonzero().tolist() == [[1, 17, 2, 3]]


def test_threads_change_no_bit(cpu_norm):
    inputs = make_inputs((32, 16, 32, 32), True, torch.float)
    grad = torch.randn(32, 16, 32, 32, generator=torch.Generator().manual_seed(2))
    found = []
    for threads in (1, 3):
        torch.set_num_threads(threads)
        out, _ = cpu_norm(*inputs, *statistics(16, torch.float), True, True)
        found.append([out, *gradients(out, inputs, grad)])
    torch.set_num_threads(1)
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))


def share_apart(one, other):
    """The distance of all parameters and statistics, as a share of their size."""
    floats = {name: value for name, value in other.items() if value.is_floating_point()}
    zeros = {name: torch.zeros_like(value) for name, value in floats.items()}
    return trainer.distance(one, floats) / trainer.distance(zeros, floats)


# A small rate: an activation within rounding of zero may fall on the other side of ReLU, and such jumps
# feed on themselves. A rate higher by a tenth is 1e-4 apart after these steps.
JOB = {"limit_train": 128, "limit_test": 40, "lr": 0.002}
TOLERANCE = 5e-5


def test_a_training_is_that_of_the_operators_apart(train):
    runs = {word: train(f"fused-{word}", fused_norm=word, **JOB) for word in ("auto", "on", "off")}
    auto, on, off = (model_tensors(run.latest) for run in runs.values())
    assert auto.keys() == off.keys()
    assert all(torch.equal(auto[name], value) for name, value in on.items()), "auto is not on"
    assert 0 < share_apart(on, off) < TOLERANCE
    other_rate = train("other", fused_norm="on", **{**JOB, "lr": 1.1 * JOB["lr"]})
    assert share_apart(model_tensors(other_rate.latest), on) > TOLERANCE
    assert runs["on"].digest(0) == runs["on"].digest(1)
    losses = [runs[word].metrics()[-1]["test_loss"] for word in ("on", "off")]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    # bf16 rounds no more often than the operators apart do.
    rounded = [model_tensors(train(f"bf16-{word}", fused_norm=word, precision="bf16", **JOB).latest)
               for word in ("on", "off")]
    found, theirs = (share_apart(tensors, off) for tensors in rounded)
    assert TOLERANCE < found < 1.5 * theirs


def test_a_run_goes_on_with_the_other_setting(train):
    whole = train("whole", fused_norm="off", epochs=2, **JOB)
    train("changed", fused_norm="on", epochs=1, **JOB)
    changed = train("changed", "--resume", fused_norm="off", epochs=2, **JOB)
    apart = share_apart(model_tensors(changed.latest), model_tensors(whole.latest))
    assert 0 < apart < 4 * TOLERANCE


def test_what_cannot_be_fused_is_refused(train, launch):
    for key, value in (("norm", "group"), ("memory_format", "contiguous")):
        result = train("refused", code=2, fused_norm="on", **{key: value}).result
        assert re.search(rf"fused_norm: on needs norm: batch .*{value}", result.output)
    train("group", norm="group", fused_norm="auto", max_steps=1, **JOB)
    shown = launch("--show-config")
    line = next(line for line in shown.stdout.splitlines() if line.startswith("fused_norm"))
    assert "on on the CPU, off on a GPU" in line, line
