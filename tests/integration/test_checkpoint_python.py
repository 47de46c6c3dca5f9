"""A checkpoint of dplaunch is a checkpoint for Python: same names, same logits."""

import pytest
import torch
import yaml
from safetensors.torch import load_file

import cifar100
from conftest import metadata, model_tensors, run_program
from resnet import make_resnet

LOGITS = 32


def reference_of(run, model="resnet20", norm="batch"):
    """PyTorch's model with the parameters that the run has trained."""
    reference = make_resnet(model, norm, width=8)
    reference.load_state_dict(model_tensors(run.latest), strict=True)
    return reference.eval()


def dumped_logits(worker, run, tmp_path):
    dump = tmp_path / "logits.safetensors"
    dumped = run_program([worker, "--run-dir", run.folder, "--dump-logits", dump])
    assert dumped.code == 0, dumped.output
    return load_file(dump)["logits"]


def first_images(data_root):
    images, _ = cifar100.read_records(cifar100.find_folder(data_root) / "test.bin", LOGITS)
    return torch.from_numpy(cifar100.normalize(images))


@pytest.mark.parametrize(
    ("model", "norm"),
    [("resnet20", "batch"), ("resnet20", "group"), ("resnet18", "batch"), ("resnet34", "batch")],
)
def test_python_computes_the_same_logits(train, worker, data_root, tmp_path, model, norm):
    run = train(f"{model}-{norm}", model=model, norm=norm, max_steps=3, limit_test=LOGITS)
    reference = reference_of(run, model, norm)
    logits = dumped_logits(worker, run, tmp_path)
    with torch.inference_mode():
        expected = reference(first_images(data_root))
    assert logits.shape == (LOGITS, 100)
    assert expected.std() > 0.01, "logits that say nothing would compare nothing"
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-4)


def test_logits_are_those_of_the_precision(train, worker, data_root, tmp_path):
    run = train("bf16", precision="bf16", max_steps=3, limit_test=LOGITS)
    reference = reference_of(run)
    logits = dumped_logits(worker, run, tmp_path)
    images = first_images(data_root)
    with torch.inference_mode():
        exact = reference(images)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            rounded = reference(images).float()
    apart = (rounded - exact).abs().max()
    assert apart > 1e-3 * exact.abs().max(), "arithmetic that could not be told apart"
    assert (logits - exact).abs().max() > apart / 2
    assert (logits - rounded).abs().max() < 2 * apart


def test_optimizer_state_and_metadata_are_named(train):
    run = train("state", max_steps=3, momentum=0.9)
    tensors = load_file(run.latest)
    model = make_resnet("resnet20", width=8)
    for name, parameter in model.named_parameters():
        momentum = tensors[f"optimizer.momentum_buffer.{name}"]
        assert momentum.shape == parameter.shape
        assert momentum.abs().max() > 0, name
    meta = metadata(run.latest)
    assert (meta["model"], meta["step"], meta["epoch"]) == ("resnet20", "3", "0")
    config = yaml.safe_load(meta["config"])
    assert config["width"] == 8 and config["model"] == "resnet20"


@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
def test_adam_state_is_named(train, optimizer):
    run = train(optimizer, max_steps=2, optimizer=optimizer, lr=0.001)
    tensors = load_file(run.latest)
    for moment in ("exp_avg", "exp_avg_sq"):
        assert tensors[f"optimizer.{moment}.conv1.weight"].abs().max() > 0


def test_batch_statistics_are_stored(train):
    run = train("statistics", max_steps=3)
    tensors = model_tensors(run.latest)
    counters = [value for name, value in tensors.items() if name.endswith("num_batches_tracked")]
    assert len(counters) == 21, "of a ResNet-20"
    assert all(counter.dtype == torch.int64 and counter.item() == 3 for counter in counters)
    assert tensors["bn1.running_mean"].abs().max() > 0
