"""dplaunch eval: the same counts as training and as Python, on any number of processes."""

import csv
import json
import shutil
import signal

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import cifar100
import jobs
from conftest import SMALL_JOB, end_of, metadata, model_tensors, read_until, running
from conftest import TEST_RECORDS, TRAIN_RECORDS
from resnet import make_resnet

USAGE, DATA, STORAGE = 2, 4, 7


@pytest.fixture
def scratch(tmp_path):
    """Where eval makes its temporary folders."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def evaluate(launch, scratch):
    """evaluate(checkpoint, ...): the object of --json."""

    def run(checkpoint, *words, device="cpu:2"):
        command = ["eval", "--checkpoint", checkpoint, "--device", device, "--json", *words]
        result = launch(*command, env={"TMPDIR": str(scratch)})
        assert result.code == 0, result.output
        assert list(scratch.iterdir()) == [], "its folder stayed"
        return json.loads(result.stdout)

    return run


def read_matrix(path):
    """The names in the header, and the counts by true and predicted class."""
    with open(path, newline="") as stream:
        rows = list(csv.reader(stream))
    names = rows[0][1:]
    assert [row[0] for row in rows[1:]] == names
    return names, np.array([[int(cell) for cell in row[1:]] for row in rows[1:]])


def predictions(checkpoint, images):
    model = make_resnet(SMALL_JOB["model"], width=SMALL_JOB["width"])
    model.load_state_dict(model_tensors(checkpoint), strict=True)
    model.eval()
    with torch.inference_mode():
        return model(torch.from_numpy(cifar100.normalize(images))).argmax(1).numpy()


def python_result(checkpoint, images, labels):
    model = make_resnet(SMALL_JOB["model"], width=SMALL_JOB["width"])
    model.load_state_dict(model_tensors(checkpoint), strict=True)
    return cifar100.evaluate(model, images, labels)


@pytest.mark.parametrize("device", ["cpu:1", "cpu:2", "cpu:3"])
def test_every_number_of_processes_counts_the_same(
    trained, evaluate, data_root, tmp_path, device
):
    run = trained
    images, labels = cifar100.read_records(cifar100.find_folder(data_root) / "test.bin")
    top1, top5, loss = python_result(run.latest, images, labels)
    assert 0 < top1 < TEST_RECORDS, "nothing right or nothing wrong would compare little"

    counts = tmp_path / "counts.csv"
    result = evaluate(run.latest, "--confusion", counts, device=device)
    assert result["world_size"] == int(device[-1])
    assert (result["set"], result["images"]) == ("test", TEST_RECORDS)
    assert (result["top1_correct"], result["top5_correct"]) == (top1, top5)
    assert result["loss"] == pytest.approx(loss, rel=1e-4)
    assert result["checkpoint"] == str(run.latest.resolve())

    summary = run.summary()
    assert summary["final_top1"] == result["top1"] == pytest.approx(100 * top1 / TEST_RECORDS)
    assert summary["final_top5"] == result["top5"]
    assert summary["confusion"] == result["confusion"]
    assert (run.folder / "confusion.csv").read_bytes() == counts.read_bytes()


def test_held_out_images_are_evaluated_as_in_training(train, evaluate, data_root):
    run = train("a", epochs=2, validation=77, limit_train=900)
    images, labels = cifar100.read_records(cifar100.find_folder(data_root) / "train.bin", 900)
    top1, top5, _ = python_result(run.latest, images[-77:], labels[-77:])
    result = evaluate(run.latest, device="cpu:3")
    assert (result["set"], result["images"]) == ("validation", 77)
    assert (result["top1_correct"], result["top5_correct"]) == (top1, top5)
    assert result["top1"] == run.summary()["final_top1"]
    # On request the test set, once the tuning is done.
    assert evaluate(run.latest, "--set", "validation=0")["images"] == TEST_RECORDS


def test_confusion_is_numpys(trained, data_root):
    run = trained
    folder = cifar100.find_folder(data_root)
    records = np.fromfile(folder / "test.bin", np.uint8).reshape(-1, cifar100.RECORD_BYTES)
    images, labels = cifar100.read_records(folder / "test.bin")
    coarse = records[:, 0].astype(np.int64)
    predicted = predictions(run.latest, images)
    superclass = dict(zip(labels.tolist(), coarse.tolist()))
    predicted_coarse = np.array([superclass[label] for label in predicted.tolist()])

    expected = np.zeros((100, 100), np.int64)
    np.add.at(expected, (labels, predicted), 1)
    names, matrix = read_matrix(run.folder / "confusion.csv")
    assert names == (folder / "fine_label_names.txt").read_text().split()
    np.testing.assert_array_equal(matrix, expected)
    assert matrix.sum() == TEST_RECORDS

    confusion = run.summary()["confusion"]
    is_wrong = labels != predicted
    is_coarse_right = coarse == predicted_coarse
    assert 0 < (is_wrong & is_coarse_right).sum(), "no error within a superclass would prove little"
    assert confusion["errors"] == is_wrong.sum()
    assert confusion["coarse_correct"] == is_coarse_right.sum()
    assert confusion["coarse_top1"] == pytest.approx(100 * is_coarse_right.mean())
    within = (is_wrong & is_coarse_right).sum()
    assert confusion["errors_within_superclass"] == within
    assert confusion["errors_within_superclass_percent"] == pytest.approx(
        100 * within / is_wrong.sum()
    )

    correct = expected.diagonal()
    recall = correct / expected.sum(1)
    order = sorted(range(100), key=lambda label: (recall[label], label))
    worst = confusion["classes_worst_first"]
    assert [each["label"] for each in worst] == order
    assert [each["correct"] for each in worst] == correct[order].tolist()
    assert worst[0]["name"] == names[order[0]]

    by_superclass = {each["label"]: each for each in confusion["superclasses_worst_first"]}
    for label in range(20):
        assert by_superclass[label]["images"] == (coarse == label).sum()
        assert by_superclass[label]["correct"] == (is_coarse_right & (coarse == label)).sum()

    off_diagonal = expected - np.diag(correct)
    pairs = sorted(zip(*off_diagonal.nonzero()), key=lambda pair: (-off_diagonal[pair], pair))
    assert confusion["most_confused"] == [
        {"true": names[t], "predicted": names[p], "images": int(off_diagonal[t, p])}
        for t, p in pairs[:20]
    ]
    shown = run.result.stdout
    t, p = pairs[0]
    assert f"most confused     {names[t]} as {names[p]} {off_diagonal[t, p]}x" in shown
    assert f"worst classes     {names[order[0]]} {100 * recall[order[0]]:.0f}%" in shown
    assert f"coarse top-1      {100 * is_coarse_right.mean():.2f}%" in shown


def test_a_set_without_names_has_numbers(train, data_root, tmp_path):
    root = tmp_path / "nameless"
    shutil.copytree(cifar100.find_folder(data_root), root)
    (root / "fine_label_names.txt").unlink()
    run = train("a", root=root)
    names, _ = read_matrix(run.folder / "confusion.csv")
    assert names == [str(label) for label in range(100)]


def test_contradicting_superclasses_are_said_and_left_out(train, data_root, tmp_path):
    root = tmp_path / "odd"
    shutil.copytree(cifar100.find_folder(data_root), root)
    with (root / "test.bin").open("r+b") as stream:
        (coarse,) = stream.read(1)
        stream.seek(0)
        stream.write(bytes([(coarse + 1) % 20]))
    run = train("a", root=root)
    assert "no figures of superclasses" in run.result.output
    confusion = run.summary()["confusion"]
    assert len(confusion["classes_worst_first"]) == 100
    assert not any("coarse" in key or "superclass" in key for key in confusion)
    assert "coarse top-1" not in run.result.stdout and "worst classes" in run.result.stdout


def test_a_resumed_run_has_the_confusion_of_its_own_end(train, data_root):
    train("a", epochs=1)
    resumed = train("a", "--resume", epochs=2)
    folder = cifar100.find_folder(data_root)
    images, labels = cifar100.read_records(folder / "test.bin")
    expected = np.zeros((100, 100), np.int64)
    np.add.at(expected, (labels, predictions(resumed.latest, images)), 1)
    np.testing.assert_array_equal(read_matrix(resumed.folder / "confusion.csv")[1], expected)


def test_a_run_stands_for_its_best_checkpoint(train, evaluate, launch, tmp_path):
    run = train("mine", epochs=2)
    best = run.folder / "checkpoints" / "best.safetensors"
    of_best = str(best.resolve())
    before = sorted(tmp_path.rglob("*"))
    assert evaluate(run.folder)["checkpoint"] == of_best
    by_name = launch(
        *("eval", "--checkpoint", "mine", "--device", "cpu:1", "--json"), cwd=tmp_path
    )
    assert json.loads(by_name.stdout)["checkpoint"] == of_best
    assert sorted(tmp_path.rglob("*")) == before, "it leaves nothing, least of all a run"
    best.unlink()
    assert evaluate(run.folder)["checkpoint"] == str(run.latest.resolve())


def test_people_get_a_table(trained, launch, scratch):
    result = launch(
        *("eval", "--checkpoint", trained.latest, "--device", "cpu:2"),
        env={"TMPDIR": str(scratch)},
    )
    assert result.code == 0, result.output
    for part in ("processes  2", str(trained.latest.resolve()), f"{TEST_RECORDS} test images"):
        assert part in result.stdout
    for part in ("test top-1", "test top-5", "test loss", "coarse top-1", "SYNTHETIC"):
        assert part in result.stdout
    assert str(scratch) not in result.output, "its folder is nobody's business"


def test_moved_data_is_found_with_root(train, evaluate, launch, data_root, tmp_path):
    root = tmp_path / "here"
    shutil.copytree(cifar100.find_folder(data_root), root)
    run = train("a", root=root)
    root.rename(tmp_path / "there")
    lost = launch("eval", "--checkpoint", run.latest, "--device", "cpu:1")
    assert lost.code == DATA and str(root) in lost.stderr and "--root" in lost.stderr
    moved = evaluate(run.latest, "--root", tmp_path / "there")
    assert moved["top1"] == run.summary()["final_top1"]


def test_a_signal_ends_it_and_nothing_stays(train, dplaunch, scratch, monkeypatch):
    run = train("a", model="resnet18", width=64, max_steps=1)
    monkeypatch.setenv("TMPDIR", str(scratch))
    command = [dplaunch, "eval", "--checkpoint", run.latest, "--device", "cpu:2"]
    with running(command) as process:
        read_until(process, "[0] rank 0 of 2")
        workers = jobs.workers_of(process.pid)
        assert list(workers) == [0, 1]
        process.send_signal(signal.SIGINT)
        end = end_of(process)
    assert end.code == 130, end.output
    assert list(scratch.iterdir()) == []


def test_after_a_failure_the_logs_stay(train, launch, data_root, tmp_path, scratch):
    root = tmp_path / "damaged"
    shutil.copytree(cifar100.find_folder(data_root), root)
    run = train("a", root=root)
    with (root / "test.bin").open("r+b") as stream:
        stream.seek(1)
        stream.write(bytes([100]))
    result = launch(
        *("eval", "--checkpoint", run.latest, "--device", "cpu:2"), env={"TMPDIR": str(scratch)}
    )
    assert result.code == DATA
    assert "label 100" in result.stderr
    (kept,) = scratch.iterdir()
    assert str(kept) in result.stderr and (kept / "rank-0.log").stat().st_size > 0


# What goes wrong before anything is started.


def damaged(run, tmp_path):
    copy = tmp_path / "cut.safetensors"
    content = run.latest.read_bytes()
    copy.write_bytes(content[: len(content) // 2])
    return copy


def of_another_program(run, tmp_path):
    file = tmp_path / "foreign.safetensors"
    save_file({"weight": torch.zeros(2)}, file, {"format": "pt"})
    return file


def of_missing_tensors(run, tmp_path):
    file = tmp_path / "less.safetensors"
    tensors = load_file(run.latest)
    del tensors["fc.bias"]
    save_file(tensors, file, metadata(run.latest))
    return file


@pytest.mark.parametrize(
    ("make", "words", "code", "parts"),
    [
        (lambda run, _: run.folder / "checkpoints" / "epoch-0009.safetensors", (), USAGE,
         ("epoch-0009.safetensors: no such file", "best.safetensors, epoch-0001.safetensors")),
        (lambda run, _: "absent", (), USAGE, ("absent: no such run",)),
        (lambda run, _: "", (), USAGE, ("--checkpoint is empty",)),
        (damaged, (), STORAGE, ("cut.safetensors: ", "name another checkpoint")),
        (lambda run, _: run.folder / "rank-0.log", (), STORAGE, ("rank-0.log: ", "damaged")),
        (of_another_program, (), STORAGE, ("not a checkpoint of dplaunch", '"config"')),
        (of_missing_tensors, (), STORAGE, ('no tensor "fc.bias"',)),
        (lambda run, _: run.latest, ("--set", "model=resnet18"), STORAGE,
         ("a checkpoint of model resnet20, but model is resnet18 now (--set)", "leave model out")),
        (lambda run, _: run.latest, ("--set", "norm=group"), STORAGE, ("norm batch",)),
        (lambda run, _: run.latest, ("--set", "bsiz=3"), USAGE, ('did you mean "bsize"?',)),
        (lambda run, _: run.latest, ("--set", "bsize"), USAGE, ("expected key=value",)),
        (lambda run, _: run.latest, ("--set", f"validation={TRAIN_RECORDS}"), USAGE,
         (f"validation {TRAIN_RECORDS} leaves none",)),
        (lambda run, _: run.latest, ("--root", "/nonexistent"), DATA, ("no such data folder",)),
        (lambda run, _: run.latest, ("--confusion", "/nonexistent/c.csv"), USAGE,
         ("--confusion /nonexistent/c.csv", "a folder that exists")),
        (lambda run, _: run.latest, ("--devise", "cpu"), USAGE, ("did you mean --device?",)),
    ],
)  # fmt: skip
def test_what_cannot_be_evaluated(trained, launch, tmp_path, scratch, make, words, code, parts):
    command = ["eval", "--checkpoint", make(trained, tmp_path), "--device", "cpu:1", *words]
    result = launch(*command, env={"TMPDIR": str(scratch)})
    assert result.code == code, result.output
    for part in parts:
        assert part in result.stderr
    assert "top-1" not in result.stdout


def test_the_checkpoint_must_be_named(launch):
    result = launch("eval", "--device", "cpu:1")
    assert result.code == USAGE
    assert "--checkpoint" in result.stderr and "dplaunch eval --help" in result.stderr
