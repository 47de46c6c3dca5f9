"""The pages of `dplaunch report` in a real browser. Of the list "nightly": it needs chromium.
DPLAUNCH_PICTURES=FOLDER keeps what they look like."""

import json
import os
import pathlib
import shutil

import pytest

from browser import browser, check_page


@pytest.fixture(scope="module")
def one():
    with browser() as session:
        yield session


@pytest.fixture
def check(launch, one, tmp_path):
    folder = os.environ.get("DPLAUNCH_PICTURES")

    def run(name, *runs):
        page = tmp_path / f"{name}.html"
        result = launch("report", *runs, "--out", page)
        assert result.code == 0, result.output
        check_page(one, page, pathlib.Path(folder) if folder else None)

    return run


def test_of_one_run(trained, check):
    check("one", trained.folder)


def test_of_eight_runs(trained, check, tmp_path):
    """With long names, epochs in the hundreds, and a rate that falls."""
    epoch = json.loads((trained.folder / "metrics.jsonl").read_text().splitlines()[-1])
    folders = []
    for i in range(8):
        name = f"resnet20-a-rather-long-name-that-somebody-has-thought-of-{i}"
        folders.append(shutil.copytree(trained.folder, tmp_path / name, symlinks=True))
        lines = [
            {**epoch, "epoch": n, "train_loss": 5 / n + i, "lr": 0.1 / n, "images_per_second": 1e6 + n * i}
            for n in range(1, 301)
        ]
        (folders[-1] / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    check("eight", *folders)


def test_of_a_hostile_name(trained, check, tmp_path):
    name = "<img src=x onerror=alert(1)><script>alert(2)<_script>" + "x" * 150
    check("hostile", shutil.copytree(trained.folder, tmp_path / name, symlinks=True), trained.folder)


def test_of_a_command_that_failed(launch, check, tmp_path):
    message = "ValueError: " + "a_long_word_without_a_space" * 20
    words = ["--device", "cpu:2", "--name", "own", "--", "sh", "-c", f'echo "{message}" >&2; exit 3']
    assert launch(*words, cwd=tmp_path).code == 3
    check("command", tmp_path / "runs/own")
