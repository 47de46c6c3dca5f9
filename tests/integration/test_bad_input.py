"""Each bad input: which message, which exit code, and that nothing that was there is lost."""

import json
import os
import resource
import shutil
import signal
import struct

import pytest
from safetensors.torch import load_file

import cifar100
import jobs
from conftest import SMALL_JOB, TEST_RECORDS, TRAIN_RECORDS, run_program

USAGE, DEVICE, DATA, STORAGE = 2, 3, 4, 7
RECORD = 3074
NO_GPU = {"DPLAUNCH_NVML_LIBRARY": "/nonexistent/libnvidia-ml.so.1"}


def assert_says(output, *parts):
    for part in parts:
        assert str(part) in output, f"{part!r} is not in:\n{output}"


@pytest.fixture
def own_data(data_root, tmp_path):
    """A copy of the data set that a test may damage."""
    copy = tmp_path / "own-data"
    shutil.copytree(cifar100.find_folder(data_root), copy)
    return copy


# Data.


def test_a_missing_data_folder(train, tmp_path):
    run = train("a", root=tmp_path / "absent", code=DATA)
    assert_says(run.result.stderr, tmp_path / "absent", "dplaunch data --root")


def test_a_missing_data_file(train, own_data):
    (own_data / "test.bin").unlink()
    run = train("a", root=own_data, code=DATA)
    assert_says(run.result.stderr, own_data / "test.bin", f"expected {TEST_RECORDS * RECORD} bytes")


@pytest.mark.parametrize(("change", "word"), [(-1, "too short"), (RECORD, "too long")])
def test_a_data_file_of_the_wrong_length(train, own_data, change, word):
    file = own_data / "train.bin"
    whole = TRAIN_RECORDS * RECORD
    assert file.stat().st_size == whole
    with file.open("r+b") as stream:
        stream.truncate(whole + change)
    run = train("a", root=own_data, code=DATA)
    assert_says(run.result.stderr, file, word, f"expected {whole} bytes", f"found {whole + change}")
    assert file.stat().st_size == whole + change, "the user's file was touched"


@pytest.mark.parametrize(("file", "record"), [("train.bin", 123), ("test.bin", 199)])
def test_a_label_out_of_range(train, own_data, file, record):
    with (own_data / file).open("r+b") as stream:
        stream.seek(record * RECORD + 1)
        stream.write(bytes([100]))
    run = train("a", root=own_data, code=DATA)
    assert_says(run.result.output, own_data / file, f"record {record}", "label 100", "out of range")


def test_a_batch_larger_than_a_shard(train):
    run = train("a", bsize=501, code=DATA)
    assert_says(run.result.stderr, "bsize 501", "500 images", "2 processes", "--set bsize=500")
    assert not run.folder.exists(), "a job that cannot start leaves no folder"


def test_the_largest_batch_that_fits_trains(train):
    train("a", bsize=500, epochs=1)


# Configuration and command line.


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bsize: 8\nbatchsize: 8\n", ':2: unknown key "batchsize"; did you mean "bsize"?'),
        ("bsize: many\n", ':1: bsize: "many" is not a whole number'),
        ("# a\nlr: -1\n", ':2: lr: "-1" must be at least 0'),
        ("bsize: 8\nbsize: 9\n", ':2: key "bsize" is given twice'),
        ("model: vgg16\n", ':1: model: "vgg16" is none of resnet18'),
        ("flip: maybe\n", ':1: flip: "maybe" is neither true nor false'),
        ("a: b: c\n", ":1: not valid YAML"),
    ],
)
def test_a_bad_configuration(launch, tmp_path, text, message):
    config = tmp_path / "bad.yml"
    config.write_text(text)
    result = launch("--device", "cpu:2", "-c", config)
    assert result.code == USAGE, result.output
    assert_says(result.stderr, f"{config}{message}")


def test_a_bad_override_or_option(launch):
    for words, message in [
        (["--set", "bsizes=4"], '--set: unknown key "bsizes"; did you mean "bsize"?'),
        (["--set", "bsize"], "expected key=value"),
        (["--devise", "cpu"], "--device"),
        (["-c", "absent.yml"], "absent.yml"),
    ]:
        result = launch("--device", "cpu:2", *words)
        assert result.code == USAGE, result.output
        assert_says(result.stderr, message)


# Devices.


@pytest.mark.parametrize("device", ["0,0", "gpu", "cpu:0", "cpu:x", "", "-1", "cpu,0", "0,,1"])
def test_a_device_string_that_means_nothing(launch, device):
    result = launch(f"--device={device}", "--dry-run", env=NO_GPU)
    assert result.code in (USAGE, DEVICE), result.output
    assert_says(result.stderr, f'"{device}"' if device else "device")


def test_a_device_given_twice(launch):
    result = launch("--device", "0,0", env=NO_GPU)
    assert result.code == DEVICE, result.output
    assert_says(result.stderr, '"0,0"', "twice")


@pytest.mark.parametrize("device", ["all", "0", "0,1"])
def test_no_gpu_says_what_was_probed_and_offers_the_cpu(launch, device):
    result = launch("--device", device, env=NO_GPU)
    assert result.code == DEVICE, result.output
    assert_says(result.stderr, "/nonexistent/libnvidia-ml.so.1", "cpu:2")


# Storage.


def test_a_file_in_the_place_of_the_runs_folder(train, tmp_path):
    (tmp_path / "runs").write_text("precious")
    run = train("a", code=STORAGE)
    assert_says(run.result.stderr, tmp_path / "runs")
    assert (tmp_path / "runs").read_text() == "precious"


def limit_file_size(size_bytes):
    """A preexec function: writes beyond it fail with EFBIG, as on a full disk with ENOSPC."""

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, size_bytes))

    return limit


def test_a_checkpoint_that_cannot_be_written_keeps_the_previous_one(train):
    run = train("full", epochs=1)
    before = run.latest.read_bytes()
    size = len(before)
    program = {"preexec_fn": limit_file_size(size // 2), "restore_signals": False}
    failed = train("full", "--resume", epochs=3, code=STORAGE, program=program)
    assert_says(failed.result.output, "epoch-0002.safetensors", "cannot write")
    assert run.latest.read_bytes() == before
    assert not list((run.folder / "checkpoints").glob("*.tmp"))
    train("full", "--resume", epochs=3)
    assert [line["epoch"] for line in run.metrics()] == [1, 2, 3]


def in_small_disk(command, folder, size, before="true"):
    """Runs the job where `folder` is a file system of that size, and copies what it left."""
    folder.mkdir(exist_ok=True)
    kept = folder.with_name("kept")
    script = (
        f'mount -t tmpfs -o size={size} none "{folder}" && ({before}); '
        f'"$@"; code=$?; cp -a "{folder}" "{kept}"; exit $code'
    )
    namespace = "-m" if os.geteuid() == 0 else "-rm"
    return ["unshare", namespace, "sh", "-c", script, "sh", *command], kept


def test_a_full_disk_keeps_the_previous_checkpoint(job_command):
    # A checkpoint of this job is about 0.6 MB: a few fit, then there is no room.
    command, folder = job_command("full", epochs=9, keep_checkpoints=9, limit_train=64)
    command, kept = in_small_disk(command, folder.parent, "2m")
    result = run_program(command)
    assert result.code == STORAGE, result.output
    assert_says(result.output, "No space left on device", ".safetensors")
    latest = kept / "full" / "checkpoints" / "latest.safetensors"
    assert load_file(latest), "the previous checkpoint is whole"
    assert not list(latest.parent.glob("*.tmp"))


def test_a_read_only_runs_folder(job_command):
    command, folder = job_command("a", epochs=1)
    runs = folder.parent
    command, _ = in_small_disk(command, runs, "2m", f'mount -o remount,ro none "{runs}"')
    result = run_program(command)
    assert result.code == STORAGE, result.output
    assert_says(result.stderr, runs)


# Checkpoints.


@pytest.fixture(scope="module")
def trained_once(dplaunch, worker, data_root, tmp_path_factory):
    runs = tmp_path_factory.mktemp("trained")
    command = [dplaunch, "--device", "cpu:2", "--root", data_root, "--name", "run"]
    result = run_program(command + jobs.settings({**SMALL_JOB, "runs": runs}))
    assert result.code == 0, result.output
    return runs / "run"


@pytest.fixture
def trained(trained_once, tmp_path):
    """A run that a test may damage."""
    return jobs.Run(shutil.copytree(trained_once, tmp_path / "runs" / "run", symlinks=True))


def resume(train, **changes):
    return train("run", "--resume", code=STORAGE, **{"epochs": 2, **changes}).result.output


@pytest.mark.parametrize(
    "changes", [{"model": "resnet18"}, {"width": 16}, {"norm": "group"}, {"optimizer": "adam"}]
)
def test_a_checkpoint_of_another_model(train, trained, changes):
    before = trained.latest.read_bytes()
    why = "a checkpoint of model resnet20" if "model" in changes else "a checkpoint of another model"
    assert_says(resume(train, **changes), "checkpoints/latest.safetensors", why)
    assert trained.latest.read_bytes() == before


@pytest.mark.parametrize("part", [0, 7, 100, 0.5, 0.999])
def test_a_truncated_checkpoint(train, trained, part):
    whole = trained.latest.read_bytes()
    size = int(part * len(whole)) if isinstance(part, float) else part
    trained.latest.resolve().write_bytes(whole[:size])
    assert_says(resume(train), "checkpoints/latest.safetensors")


def lie(header, data, kind):
    """The bytes of a safetensors file in which one length is not true."""
    entry = header["conv1.weight"]
    if kind == "offset beyond the file":
        entry["data_offsets"][1] += 1 << 40
    elif kind == "shape larger than its bytes":
        entry["shape"][0] *= 2
    elif kind == "shape whose product overflows":
        entry["shape"] = [1 << 32, 1 << 32, 4]
    elif kind == "negative shape":
        entry["shape"][0] = -8
    elif kind == "offsets in reverse":
        entry["data_offsets"].reverse()
    text = json.dumps(header).encode()
    length = {"header length beyond the file": 1 << 60, "header length zero": 0}.get(kind, len(text))
    return struct.pack("<Q", length) + text + data


@pytest.mark.parametrize(
    "kind",
    [
        "offset beyond the file",
        "shape larger than its bytes",
        "shape whose product overflows",
        "negative shape",
        "offsets in reverse",
        "header length beyond the file",
        "header length zero",
    ],
)
def test_a_checkpoint_with_lengths_that_lie(train, trained, kind):
    whole = trained.latest.read_bytes()
    (length,) = struct.unpack("<Q", whole[:8])
    header, data = json.loads(whole[8 : 8 + length]), whole[8 + length :]
    trained.latest.resolve().write_bytes(lie(header, data, kind))
    assert_says(resume(train), "checkpoints/latest.safetensors")


def test_resume_of_nothing(launch, tmp_path):
    result = launch("--device", "cpu:2", "--set", f"runs={tmp_path}", "--resume=absent")
    assert result.code == USAGE, result.output
    assert_says(result.stderr, tmp_path / "absent", "no such run")
    assert not os.listdir(tmp_path)
