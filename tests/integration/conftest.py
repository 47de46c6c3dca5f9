"""What the integration tests share: the real binaries, a data set, and a way to run them."""

import contextlib
import dataclasses
import os
import pathlib
import subprocess
import sys

import pytest
from safetensors import safe_open
from safetensors.torch import load_file

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests/reference"), str(REPOSITORY / "scripts/lib")]

import jobs  # noqa: E402

TRAIN_RECORDS = 1000
TEST_RECORDS = 200

# A small job with nothing left to the machine: precision "auto" may choose bf16.
SMALL_JOB = {
    "model": "resnet20",
    "width": 8,
    "bsize": 16,
    "epochs": 1,
    "optimizer": "sgd",
    "lr": 0.05,
    "workers": 2,
    "precision": "fp32",
}


@dataclasses.dataclass
class Run(jobs.Run):
    """A finished or broken run's folder, and what the launcher said."""

    result: jobs.Result | None

    def checkpoint_config(self):
        """The configuration inside the latest checkpoint, as YAML."""
        return metadata(self.latest)["config"]

    def digest(self, rank):
        """The parameter digest that a rank logged last."""
        found = super().digest(rank)
        assert found, f"rank {rank} logged no digest:\n{self.log(rank)}"
        return found


def repetitions(all_rounds, few=3):
    """As tests/support/repetitions.h: few, but in the nightly list."""
    is_nightly = os.environ.get("DPLAUNCH_TEST_REPETITIONS") == "all"
    return all_rounds if is_nightly else min(few, all_rounds)


def model_tensors(path):
    """The checkpoint without the optimizer's part: what a PyTorch model loads."""
    tensors = load_file(path)
    return {name: value for name, value in tensors.items() if not name.startswith("optimizer.")}


def metadata(path):
    with safe_open(path, framework="pt") as file:
        return file.metadata()


def binary(name):
    path = pathlib.Path(os.environ["DPLAUNCH_BIN_DIR"]) / name
    assert path.is_file(), f"{path} is not built"
    return path


def run_program(command, timeout=300, env=None, **options):
    """Runs it with its streams apart, and leaves nothing of it behind, come what may."""
    try:
        return jobs.run_program(command, timeout, env, stderr=subprocess.PIPE, **options)
    except subprocess.TimeoutExpired as error:
        pytest.fail(f"no end after {timeout} s: {command}\n{error.stdout}\n{error.stderr}")


@contextlib.contextmanager
def running(command, **options):
    """A process that is still going while the test acts; nothing of it is left afterwards. Both
    its streams come through `stdout`."""
    process = jobs.start(command, **options)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_until(process, text):
    """What the process says up to the line with `text`; fails if it ends before that."""
    output = ""
    for line in process.stdout:
        output += line
        if text in line:
            return output
    pytest.fail(f"it ended without saying {text!r}:\n{output}")


def end_of(process, timeout=120):
    """The rest of what it says, and its exit code."""
    output, _ = process.communicate(timeout=timeout)
    return jobs.Result(process.returncode, output)


@pytest.fixture(scope="session")
def dplaunch():
    return binary("dplaunch")


@pytest.fixture(scope="session")
def worker():
    return binary("dplaunch-worker-cpu")


@pytest.fixture(scope="session")
def data_root(dplaunch, tmp_path_factory):
    """A small synthetic set, made by the launcher itself."""
    root = tmp_path_factory.mktemp("data")
    made = run_program(
        [dplaunch, "data", "--synthetic", "--root", root]
        + ["--train-records", TRAIN_RECORDS, "--test-records", TEST_RECORDS]
    )
    assert made.code == 0, made.output
    return root


@pytest.fixture(scope="session")
def trained(dplaunch, worker, data_root, tmp_path_factory):
    """A finished small run of three epochs, for tests that only read it."""
    runs = tmp_path_factory.mktemp("runs")
    config = {**SMALL_JOB, "epochs": 3, "keep_checkpoints": 5, "runs": runs}
    command = [dplaunch, "--device", "cpu:2", "--root", data_root, "--name", "small"]
    result = run_program(command + jobs.settings(config))
    assert result.code == 0, result.output
    return Run(runs / "small", result)


@pytest.fixture
def launch(dplaunch):
    """launch("--device", "cpu:2", ...): any command line of the launcher."""

    def run(*words, **options):
        return run_program([dplaunch, *words], **options)

    return run


@pytest.fixture
def job_command(dplaunch, worker, data_root, tmp_path):
    """The command line of a small job, and the folder that its run gets."""

    def make(name, *words, device="cpu:2", root=data_root, **changes):
        config = tmp_path / "job.yml"
        if not config.exists():  # a job of before may be about to read it
            config.write_text("".join(f"{key}: {value}\n" for key, value in SMALL_JOB.items()))
        command = [dplaunch, "--device", device, "-c", config, "--root", root, "--name", name]
        return command + jobs.settings({"runs": tmp_path / "runs", **changes}) + list(words), (
            tmp_path / "runs" / name
        )

    return make


@pytest.fixture
def train(job_command):
    """Trains the small job with some keys changed; fails the test unless `code` comes back."""

    def run(name, *words, code=0, program=None, **changes):
        command, folder = job_command(name, *words, **changes)
        result = run_program(command, **(program or {}))
        assert result.code == code, result.output
        return Run(folder, result)

    return run
