"""The main job, end to end: training, exact evaluation, and what the run leaves behind."""

import pytest
import torch
from safetensors.torch import load_file

import cifar100
from conftest import TEST_RECORDS, TRAIN_RECORDS, metadata, model_tensors
from resnet import make_resnet

EPOCHS = 8


@pytest.fixture(scope="module")
def data(data_root):
    return cifar100.read_records(cifar100.find_folder(data_root) / "test.bin")


def test_a_job_trains_and_leaves_what_it_promises(train, data_root, data):
    run = train(
        "main",
        width=16,
        bsize=16,
        epochs=EPOCHS,
        lr=0.1,
        schedule="onecycle",
        label_smoothing=0.1,
        weight_decay=0.0005,
        keep_checkpoints=2,
    )
    for name in ("config.resolved.yml", "launch.json", "rank-0.log", "rank-1.log"):
        assert (run.folder / name).stat().st_size > 0, name

    metrics = run.metrics()
    assert [line["epoch"] for line in metrics] == list(range(1, EPOCHS + 1))
    assert all(line["images_per_second"] > 0 and line["seconds"] > 0 for line in metrics)
    assert metrics[-1]["train_loss"] < metrics[0]["train_loss"]
    # Chance is 5% with a standard deviation of 1.5 on 200 images: the synthetic set can be learnt.
    assert metrics[-1]["test_top5"] > 15
    assert metrics[-1]["test_top5"] >= metrics[-1]["test_top1"]
    # One-cycle ends at lr / 25 / 10,000.
    assert metrics[-1]["lr"] == pytest.approx(0.1 / 25 / 1e4, rel=1e-3)

    summary = run.summary()
    assert summary["world_size"] == 2
    assert summary["total_batch"] == 32
    assert summary["epochs"] == EPOCHS
    assert summary["final_top1"] == metrics[-1]["test_top1"]
    assert summary["best_top1"] == max(line["test_top1"] for line in metrics)

    # 1,000 images are 31 whole batches of 32.
    assert metadata(run.latest)["step"] == str(EPOCHS * (TRAIN_RECORDS // 32))
    assert metadata(run.latest)["epoch"] == str(EPOCHS)
    kept = {path.name for path in (run.folder / "checkpoints").glob("epoch-*.safetensors")}
    assert {f"epoch-{EPOCHS - 1:04}.safetensors", f"epoch-{EPOCHS:04}.safetensors"} <= kept
    assert len(kept) <= 3, "two newest and the best"

    check_evaluation(run.latest, metrics[-1], data)
    assert "total batch" in run.result.output and "32" in run.result.output
    assert "SYNTHETIC" in run.result.output and "SYNTHETIC" in run.log(0)


@pytest.mark.parametrize("device", ["cpu:1", "cpu:3"])
def test_evaluation_is_exact_for_every_world_size(train, data, device):
    """200 images over 3 ranks is uneven, and batches of 16 do not divide the shards."""
    run = train(f"exact-{device[-1]}", device=device, max_steps=3)
    check_evaluation(run.latest, run.metrics()[-1], data)


def test_limit_test_evaluates_the_first_images_only(train, data):
    run = train("limited", limit_test=37, max_steps=2)
    images, labels = data
    check_evaluation(run.latest, run.metrics()[-1], (images[:37], labels[:37]))


def check_evaluation(checkpoint, metrics, data):
    """Counts over all test images, again, in Python, from the checkpoint."""
    images, labels = data
    tensors = model_tensors(checkpoint)
    width = tensors["conv1.weight"].shape[0]
    model = make_resnet("resnet20", width=width)
    model.load_state_dict(tensors, strict=True)
    top1, top5, loss = cifar100.evaluate(model, images, labels)
    count = len(labels)
    assert count in (37, TEST_RECORDS)
    # Ties and last digits may move one image across a border; two would be an error.
    assert abs(metrics["test_top1"] * count / 100 - top1) < 1e-6 + near_ties(model, data, 1)
    assert abs(metrics["test_top5"] * count / 100 - top5) < 1e-6 + near_ties(model, data, 5)
    assert metrics["test_loss"] == pytest.approx(loss, abs=1e-4)


def near_ties(model, data, k):
    """Images whose label's logit is within 1e-4 of the k-th border: either count is right."""
    images, labels = data
    with torch.inference_mode():
        logits = model(torch.from_numpy(cifar100.normalize(images)))
        own = logits.gather(1, torch.from_numpy(labels)[:, None])
        others = logits.scatter(1, torch.from_numpy(labels)[:, None], -torch.inf)
        border = others.topk(k, dim=1).values[:, -1:]
        return ((own - border).abs() < 1e-4).sum().item()


def test_a_name_that_exists_is_never_overwritten(train):
    first = train("once", max_steps=2)
    before = first.latest.read_bytes()
    again = train("once", max_steps=4, code=2)
    assert "--resume" in again.result.output
    assert first.latest.read_bytes() == before


# A job whose accuracy never changes: its first epoch stays the best.
LIMITED_RECORDS = 320
UNCHANGING = {"lr": 0, "norm": "group", "limit_train": LIMITED_RECORDS, "limit_test": 40}


def test_the_best_epoch_has_a_checkpoint_whatever_the_interval(train):
    run = train("best", epochs=3, checkpoint_every=0, **UNCHANGING)
    assert run.summary()["best_epoch"] == 1
    assert metadata(run.folder / "checkpoints" / "best.safetensors")["epoch"] == "1"
    assert metadata(run.latest)["epoch"] == "3"


def test_the_newest_checkpoints_are_kept_also_those_within_an_epoch(train):
    steps = LIMITED_RECORDS // 32
    train("kept", epochs=2, max_steps=steps, **UNCHANGING)
    train("kept", "--resume", epochs=2, max_steps=steps + 9, **UNCHANGING)
    run = train("kept", "--resume", epochs=2, keep_checkpoints=2, **UNCHANGING)
    kept = {path.name for path in (run.folder / "checkpoints").glob("epoch-*.safetensors")}
    assert {f"epoch-0001-step-{steps + 9:08}.safetensors", "epoch-0002.safetensors"} <= kept


def test_a_resumed_epoch_with_no_whole_batch_left_is_done(train):
    """960 of 1,000 images are trained on; in batches of 400 there is no third one."""
    train("other-batch", epochs=2, max_steps=30)
    run = train("other-batch", "--resume", epochs=2, bsize=200)
    assert metadata(run.latest)["epoch"] == "2"
    assert metadata(run.latest)["step"] == "32"
    assert run.metrics()[-1]["images"] == 800


def test_sgd_without_momentum_keeps_no_buffers(train):
    run = train("plain", max_steps=2, momentum=0, nesterov="false", norm="group")
    assert model_tensors(run.latest).keys() == load_file(run.latest).keys()


@pytest.mark.parametrize("width", [1, 4])
def test_a_narrow_model_is_the_same_in_both_memory_formats(train, width):
    """oneDNN's gradient of a strided 1x1 convolution of few channels writes beyond its memory."""
    job = {"width": width, "norm": "group", "max_steps": 1, "limit_test": 40}
    last, contiguous = (
        load_file(train(name, memory_format=name, **job).latest)
        for name in ("channels_last", "contiguous")
    )
    for name, value in contiguous.items():
        torch.testing.assert_close(last[name], value, rtol=1e-3, atol=1e-5, msg=name)
