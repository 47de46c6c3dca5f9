"""dplaunch export: a model for PyTorch, without the run's own baggage."""

import json
import shutil

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

import cifar100
from conftest import SMALL_JOB, metadata, model_tensors, run_program
from resnet import make_resnet

USAGE, STORAGE = 2, 7
LOGITS = 32


def reference_model(tensors):
    model = make_resnet(SMALL_JOB["model"], width=SMALL_JOB["width"])
    model.load_state_dict(tensors, strict=True)
    return model.eval()


def export(launch, checkpoint, out, *words):
    result = launch("export", "--checkpoint", checkpoint, "--out", out, *words)
    assert result.code == 0, result.output
    return result


def test_pytorch_loads_it_and_computes_the_same_logits(train, launch, worker, data_root, tmp_path):
    run = train("a", epochs=2, limit_test=LOGITS)
    out = tmp_path / "model.safetensors"
    said = export(launch, run.latest, out)
    assert str(out) in said.stdout and "resnet20" in said.stdout
    model = reference_model(load_file(out))

    dump = tmp_path / "logits.safetensors"
    dumped = run_program([worker, "--run-dir", run.folder, "--dump-logits", dump])
    assert dumped.code == 0, dumped.output
    images, _ = cifar100.read_records(cifar100.find_folder(data_root) / "test.bin", LOGITS)
    with torch.inference_mode():
        logits = model(torch.from_numpy(cifar100.normalize(images)))
    assert logits.std() > 0.01, "logits that say nothing would compare nothing"
    torch.testing.assert_close(load_file(dump)["logits"], logits, rtol=1e-4, atol=1e-4)


def test_it_is_the_checkpoints_model_bit_for_bit(trained, launch, tmp_path):
    out = tmp_path / "model.safetensors"
    export(launch, trained.latest, out)
    expected, exported = model_tensors(trained.latest), load_file(out)
    assert exported.keys() == expected.keys()
    for name, tensor in expected.items():
        assert torch.equal(exported[name], tensor) and exported[name].dtype == tensor.dtype, name
    assert out.stat().st_size < trained.latest.stat().st_size / 1.5, "momentum is left out"


def test_metadata_says_what_the_model_is(trained, launch, tmp_path):
    best = trained.folder / "checkpoints" / "best.safetensors"
    out = tmp_path / "model.safetensors"
    export(launch, trained.folder, out)
    meta = metadata(out)
    assert (meta["format"], meta["model"]) == ("pt", "resnet20")
    assert meta["dplaunch_version"] and meta["torch_version"]
    assert meta["epoch"] == metadata(best)["epoch"]
    assert float(meta["test_top1"]) == trained.summary()["best_top1"]
    assert yaml.safe_load(meta["config"])["width"] == SMALL_JOB["width"]
    assert not any(key.startswith(("optimizer", "best", "epoch_", "images")) for key in meta)


def test_accuracy_is_told_only_where_it_is_known(train, launch, tmp_path):
    run = train("a", epochs=2, validation=100, keep_checkpoints=5)
    best = metadata(run.folder / "checkpoints" / "best.safetensors")["best_epoch"]
    out = tmp_path / "model.safetensors"
    for epoch in (1, 2):
        export(
            launch, run.folder / "checkpoints" / f"epoch-{epoch:04}.safetensors", out, "--force"
        )
        meta = metadata(out)
        assert "test_top1" not in meta
        # The first is the best when it is written, whatever comes after it.
        assert ("validation_top1" in meta) == (epoch == 1 or best == "2")
    export(launch, run.latest, out, "--force", "--dtype", "bf16")
    assert "validation_top1" not in metadata(out), "rounded weights have an accuracy of their own"


def test_bf16_is_pytorchs(trained, launch, tmp_path):
    out = tmp_path / "model.safetensors"
    export(launch, trained.latest, out, "--dtype", "bf16")
    expected, exported = model_tensors(trained.latest), load_file(out)
    for name, tensor in expected.items():
        wanted = tensor.to(torch.bfloat16) if tensor.is_floating_point() else tensor
        assert exported[name].dtype == wanted.dtype and torch.equal(exported[name], wanted), name
    reference_model(exported)


def test_bf16_rounds_every_kind_of_number_as_pytorch_does(launch, tmp_path):
    bits = np.random.default_rng(7).integers(0, 2**32, 200_000, np.uint64).astype(np.uint32)
    ties = (np.arange(0, 2**16, dtype=np.uint32) << 16) | 0x8000
    special = np.array([0, 1 << 31, 0x7F800000, 0xFF800000, 0x7F7FFFFF, 0x7FC00000, 1], np.uint32)
    values = torch.from_numpy(np.concatenate([bits, ties, special]).view(np.float32))
    file, out = tmp_path / "numbers.safetensors", tmp_path / "out.safetensors"
    save_file({"fc.weight": values}, file, {"format": "pt", "model": "resnet20"})
    export(launch, file, out, "--dtype", "bf16")
    exported, expected = load_file(out)["fc.weight"], values.to(torch.bfloat16)
    is_number = ~values.isnan()
    assert torch.equal(
        exported[is_number].view(torch.int16), expected[is_number].view(torch.int16)
    )
    assert exported[~is_number].isnan().all()


@pytest.mark.parametrize("dtype", ["fp32", "bf16"])
def test_what_was_exported_can_be_evaluated(trained, launch, data_root, tmp_path, dtype):
    out = tmp_path / "model.safetensors"
    export(launch, trained.latest, out, "--dtype", dtype)
    result = launch("eval", "--checkpoint", out, "--device", "cpu:2", "--json")
    assert result.code == 0, result.output
    tensors = {name: value.float() for name, value in load_file(out).items()}
    images, labels = cifar100.read_records(cifar100.find_folder(data_root) / "test.bin")
    top1, top5, _ = cifar100.evaluate(reference_model(tensors), images, labels)
    counted = json.loads(result.stdout)
    assert (counted["top1_correct"], counted["top5_correct"]) == (top1, top5)


def test_nothing_is_overwritten_without_force(trained, launch, tmp_path):
    out = tmp_path / "mine.safetensors"
    out.write_text("precious")
    refused = launch("export", "--checkpoint", trained.latest, "--out", out)
    assert refused.code == USAGE, refused.output
    assert f"--out {out}: exists" in refused.stderr and "--force" in refused.stderr
    assert out.read_text() == "precious"
    export(launch, trained.latest, out, "--force")
    reference_model(load_file(out))


@pytest.mark.parametrize(
    ("words", "code", "parts"),
    [
        (("--checkpoint", "RUN/checkpoints/latest.safetensors", "--force", "--out",
          "RUN/checkpoints/latest.safetensors"), USAGE, ("is the checkpoint itself",)),
        (("--checkpoint", "RUN", "--out", "RUN"), USAGE, ("is a folder", "model.safetensors")),
        (("--checkpoint", "RUN", "--out", "RUN/no/m.safetensors"), STORAGE, ("no/m.safetensors",)),
        (("--checkpoint", "RUN", "--out", "m.safetensors", "--dtype", "fp16"), USAGE,
         ('--dtype "fp16"', "fp32 or bf16")),
        (("--checkpoint", "RUN/config.resolved.yml", "--out", "m.safetensors"), STORAGE,
         ("config.resolved.yml", "damaged")),
        (("--checkpoint", "absent", "--out", "m.safetensors"), USAGE, ("no such run",)),
        (("--checkpoint", "RUN"), USAGE, ("--out",)),
    ],
)  # fmt: skip
def test_what_cannot_be_exported(trained, launch, tmp_path, words, code, parts):
    before = trained.latest.read_bytes()
    named = [word.replace("RUN", str(trained.folder)) for word in words]
    result = launch("export", *named, cwd=tmp_path)
    assert result.code == code, result.output
    for part in parts:
        assert part in result.stderr
    assert trained.latest.read_bytes() == before
    assert not (tmp_path / "m.safetensors").exists()


def test_export_needs_no_worker(trained, dplaunch, tmp_path):
    alone = tmp_path / "bin" / "dplaunch"
    alone.parent.mkdir()
    shutil.copy(dplaunch, alone)
    out = tmp_path / "model.safetensors"
    result = run_program([alone, "export", "--checkpoint", trained.latest, "--out", out])
    assert result.code == 0, result.output
    reference_model(load_file(out))
