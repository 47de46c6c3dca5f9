"""The pages of `dplaunch report` and `dplaunch scale` in a real browser. Of the list "nightly": it needs chromium.
DPLAUNCH_PICTURES=FOLDER keeps what they look like."""

import json
import os
import pathlib
import shutil

import pytest

from browser import browser, check_page
from conftest import SMALL_JOB


@pytest.fixture(scope="module")
def one():
    with browser() as session:
        yield session


def look_at(one, page):
    assert page.stat().st_size <= 300_000
    folder = os.environ.get("DPLAUNCH_PICTURES")
    check_page(one, page, pathlib.Path(folder) if folder else None)


@pytest.fixture
def check(launch, one, tmp_path):
    def run(name, *runs):
        page = tmp_path / f"{name}.html"
        result = launch("report", *runs, "--out", page)
        assert result.code == 0, result.output
        look_at(one, page)

    return run


@pytest.fixture
def check_scale(launch, one, tmp_path):
    """check_scale("name", *words): the page of that experiment."""

    def run(name, *words, code=0):
        folder = tmp_path / name
        result = launch("scale", "--device", "cpu", "--folder", folder, *words)
        assert result.code == code, result.output
        look_at(one, (folder / "scale.html").rename(tmp_path / f"{name}.html"))

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


def test_of_an_experiment(check_scale, data_root, tmp_path):
    config = tmp_path / "job.yml"
    job = {**SMALL_JOB, "root": data_root, "epochs": 4}
    config.write_text("".join(f"{key}: {value}\n" for key, value in job.items()))
    words = ["--mode", "both", "-c", config, "--blocks", "3", "--steps", "12"]
    check_scale("scale", *words, "--until-accuracy", "3")


def test_of_an_experiment_with_a_command(check_scale):
    script = 'for i in 1 2 3 4 5 6; do echo "images/s: $((100 * WORLD_SIZE + i))"; done'
    words = ["--world-sizes", "1,2", "--metric", "images/s: ([0-9]+)", "--", "sh", "-c", script]
    check_scale("scale-command", "--blocks", "3", *words)


def test_of_an_experiment_with_many_points_that_partly_fail(check_scale):
    """More processes than cores, and one point without figures."""
    sizes = ",".join(str(size) for size in range(1, 17))
    words = ["--world-sizes", sizes, "--", "sh", "-c", '[ "$WORLD_SIZE" != 3 ]']
    check_scale("scale-many", "--blocks", "2", *words, code=1)
