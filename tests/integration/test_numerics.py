"""What keeps the numbers right: accumulation, clipping, held-out images, and losses that are none."""

import json
import re

import pytest
import torch

import cifar100
import trainer
from conftest import model_tensors
from random_stream import epoch_permutation

BATCH = 32
STEPS = 3
SEED = 6
# Shares of the way that the parameters went, as in the keystone test: float32 sums in another order.
TOLERANCE = 2e-3
# In one process, so that PyTorch's own run is the same batches.
ALONE = {
    "device": "cpu:1",
    "norm": "group",
    "bsize": BATCH,
    "seed": SEED,
    "max_steps": STEPS,
    "limit_test": 8,
    "optimizer": "sgd",
    "nesterov": "false",
    "momentum": 0.9,
    "lr": 0.002,
}


@pytest.fixture(scope="module")
def data(data_root):
    return cifar100.read_records(cifar100.find_folder(data_root) / "train.bin")


def sgd(model):
    return torch.optim.SGD(model.parameters(), lr=ALONE["lr"], momentum=0.9)


def reference(data, **options):
    model, _ = trainer.train(data, sgd, STEPS, BATCH, SEED, **options)
    return model.state_dict()


def test_micro_batches_add_up_to_one_batch(train, data):
    expected = reference(data)
    for parts in (1, 2, 5, 8):  # 5: of six and seven images
        run = train(f"parts-{parts}", accumulate=parts, **ALONE)
        found = trainer.deviation(model_tensors(run.latest), expected, SEED)
        assert found < TOLERANCE, f"{parts} parts"
    # What a forgotten division by the number of parts would do, the test must see by far.
    wrong = train("wrong", **{**ALONE, "lr": 2 * ALONE["lr"]})
    assert trainer.deviation(model_tensors(wrong.latest), expected, SEED) > 0.5


def test_ranks_exchange_gradients_once_a_step(train):
    """Parts on two ranks are the same mean as the whole batch on one."""
    whole = train("whole", **ALONE)
    job = {**ALONE, "device": "cpu:2", "bsize": BATCH // 2, "accumulate": 4}
    parts = train("shared", **job)
    expected = model_tensors(whole.latest)
    assert trainer.deviation(model_tensors(parts.latest), expected, SEED) < TOLERANCE
    assert parts.digest(0) == parts.digest(1)


def test_clipping_is_that_of_torch(train, data):
    expected = reference(data, max_norm=0.5)
    unclipped = reference(data)
    assert trainer.deviation(expected, unclipped, SEED) > 0.1, "the bound binds nothing"
    run = train("clipped", clip_grad_norm=0.5, **ALONE)
    assert trainer.deviation(model_tensors(run.latest), expected, SEED) < TOLERANCE
    loose = train("loose", clip_grad_norm=1e6, **ALONE)
    assert trainer.deviation(model_tensors(loose.latest), unclipped, SEED) < TOLERANCE


def test_held_out_images_are_not_trained_on(train, data):
    job = {**ALONE, "max_steps": 0, "epochs": 1, "bsize": 16}
    held_out = train("held-out", limit_train=96, validation=32, **job)
    without = train("without", limit_train=64, **job)
    assert held_out.digest(0) == without.digest(0)
    line = held_out.metrics()[0]
    assert line["validation_images"] == 32
    assert "test_top1" not in line
    # The same model on the same images, by PyTorch.
    images, labels = (part[64:96] for part in data)
    model = trainer.make_start(SEED)
    model.load_state_dict(model_tensors(held_out.latest))
    top1, _, loss = cifar100.evaluate(model, images, labels)
    assert line["validation_top1"] == pytest.approx(100 * top1 / 32)
    assert line["validation_loss"] == pytest.approx(loss, rel=1e-4)


def test_a_loss_that_is_no_number_ends_the_run_with_its_images(train, data_root):
    job = {"limit_train": 160, "limit_test": 8, "bsize": 16, "seed": SEED, "norm": "group"}
    train("diverged", epochs=1, lr=0.001, **job)
    run = train("diverged", "--resume", code=1, epochs=3, lr=1000, **job)
    record = json.loads((run.folder / "summary.json").read_text())["job"]["root_cause"]
    message = record["message"]
    found = re.match(
        r"rank (\d): the loss is not a finite number at step (\d) of epoch (\d), on the training "
        r"images ([\d, ]+); the last good checkpoint is (\S+)$",
        message,
    )
    assert found, message
    rank, step, epoch = (int(found[i]) for i in (1, 2, 3))
    assert epoch >= 2
    order = epoch_permutation(160, SEED, epoch - 1)
    first = (step - 1) * 32 + rank * 16
    assert found[4] == ", ".join(str(i) for i in order[first : first + 16])
    assert (run.folder / "checkpoints" / f"{found[5]}.safetensors").exists()
    assert all(torch.isfinite(t).all() for t in model_tensors(run.latest).values())


def test_broken_parameters_do_not_become_a_checkpoint(train):
    """Its only step has a good loss and an update that overflows."""
    job = {"limit_train": 32, "limit_test": 8, "bsize": 16, "momentum": 1, "evaluate_every": 0}
    train("overflow", epochs=1, **job)
    run = train("overflow", "--resume", code=1, epochs=60, lr=1000, optimizer="sgd", **job)
    assert re.search("is not finite after step|the loss is not a finite number", run.result.output)
    assert all(torch.isfinite(t).all() for t in model_tensors(run.latest).values())


def test_compressed_gradients_lose_bits_and_no_more(train):
    """Two ranks' gradients as bf16: off by its 8 bits, and the replicas stay equal."""
    job = {**ALONE, "device": "cpu:2", "bsize": BATCH // 2}
    exact = model_tensors(train("exact", **job).latest)
    run = train("compressed", compress="bf16", **job)
    assert run.digest(0) == run.digest(1)
    found = trainer.deviation(model_tensors(run.latest), exact, SEED)
    # One rounding is half a unit of 2**-8, in either direction; the sum over the parameters averages.
    assert 1e-4 < found < 2**-8, found


@pytest.mark.parametrize(
    "keys, message",
    [
        ({"accumulate": 17}, "accumulate: 17 parts of the 16 images of bsize"),
        ({"limit_train": 64, "validation": 64}, "leaves none of the 64 training images"),
    ],
)
def test_what_cannot_be_is_refused(train, keys, message):
    run = train("refused", code=2, **keys)
    assert message in run.result.output


def test_the_shares_of_a_step_are_told(train):
    run = train("shares", epochs=2, limit_train=256, limit_test=64)
    sums = []
    for line in run.metrics():
        shares = [line[f"share_{part}"] for part in
                  ("data_wait", "forward", "backward", "all_reduce", "update")]
        assert all(share >= 0 for share in shares)
        sums.append(sum(shares))
        assert line["share_backward"] > line["share_update"]
        assert line["rank_skew"] >= 1
        assert line["slowest_rank"] in (0, 1)
    # Nearly all of the time: the rest is the log, the vote to stop, and the clock itself.
    assert 0.7 < max(sums) <= 1.001, sums
    assert len(run.summary()["held_back_by"]) >= 1
    assert "held back by" in run.result.stdout


def test_deterministic_changes_no_bit_on_the_cpu(train):
    """Which repeats its bits in any case: the key is for GPUs."""
    job = {**ALONE, "norm": "batch"}
    usual = train("usual", **job)
    kept = train("kept", deterministic="true", **job)
    assert "deterministic: true" in kept.checkpoint_config()
    assert kept.digest(0) == usual.digest(0)


def test_bf16_is_near_fp32_with_equal_replicas(train, launch):
    """What `precision: auto` takes on newer GPUs: autocast in the step, the trial and the evaluation."""
    job = {**ALONE, "device": "cpu:2", "bsize": BATCH // 2, "limit_test": 200}
    exact = train("fp32", **job)
    rounded = train("bf16", precision="bf16", **job)
    assert rounded.digest(0) == rounded.digest(1) != exact.digest(0)
    found, expected = model_tensors(rounded.latest), model_tensors(exact.latest)
    assert all(found[name].dtype == value.dtype for name, value in expected.items())
    # 8 bits of precision: 0.4% in each product; the gradients' sums lose less.
    assert 0 < trainer.deviation(found, expected, SEED) < 0.2
    losses = [run.metrics()[-1]["test_loss"] for run in (rounded, exact)]
    assert losses[0] == pytest.approx(losses[1], rel=0.02)
    words = ["--checkpoint", rounded.folder, "--device", "cpu:2", "--json"]
    again = launch("eval", *words, "--set", "precision=bf16")
    assert again.code == 0, again.output
    assert json.loads(again.stdout)["loss"] == pytest.approx(losses[0], rel=1e-6)
