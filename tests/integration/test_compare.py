"""`dplaunch compare`: in what two runs differ, and what can be said of it."""

import json
import math
import re
import shutil
import statistics

import pytest


@pytest.fixture
def runs(trained, tmp_path):
    """Copies of a trained run with figures that are known."""

    class Runs:
        folder = tmp_path / "runs"

        def make(self, name, speed=100.0, top1=50.0, seed=0, epochs=3, lr="0.05"):
            copy = shutil.copytree(trained.folder, self.folder / name, symlinks=True)
            summary = json.loads((copy / "summary.json").read_text())
            summary |= {"images_per_second": speed, "final_top1": top1}
            summary["job"]["seconds"] = 6000 / speed
            (copy / "summary.json").write_text(json.dumps(summary))
            config = (copy / "config.resolved.yml").read_text()
            config = config.replace("lr: 0.05", f"lr: {lr}").replace("seed: 0", f"seed: {seed}")
            (copy / "config.resolved.yml").write_text(config)
            epoch = json.loads((copy / "metrics.jsonl").read_text().splitlines()[0])
            lines = [
                {**epoch, "epoch": n, "images_per_second": speed * (1 + n / 100), "seconds": 10 / speed}
                for n in range(1, epochs + 1)
            ]
            (copy / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
            return copy

        def seeds(self, name, speeds, top1=None, first=0, **changes):
            for i, speed in enumerate(speeds):
                of_seed = {"top1": top1[i]} if top1 else {}
                self.make(f"{name}-seed-{first + i}", speed, seed=first + i, **of_seed, **changes)

    return Runs()


@pytest.fixture
def compare(launch, runs):
    def run(a, b, *words):
        return launch("compare", a, b, "--runs", runs.folder, *words)

    return run


def figures_of(result):
    assert result.code == 0, result.output
    return {figure["figure"]: figure for figure in json.loads(result.stdout)["figures"]}


SPEEDS = [100, 103, 98, 101, 97, 104]


def test_six_seeds_show_a_difference_in_pairs(runs, compare):
    ratios = [1.08, 1.12, 1.10, 1.09, 1.13, 1.11]
    runs.seeds("a", SPEEDS, top1=[50, 51, 52, 50, 51, 52])
    runs.seeds("b", [speed * ratio for speed, ratio in zip(SPEEDS, ratios)], [51, 53, 52.5, 51, 52, 53], lr="0.07")
    text = compare("a", "b")
    assert text.code == 0, text.output
    lines = text.stdout.splitlines()
    assert lines[0] == "A  a  (6 runs of --seeds: 0, 1, 2, 3, 4, 5)"
    assert text.stdout.index("lr ") < text.stdout.index("images/s"), "the differing keys come first"
    # Almost the whole range, 8 to 13% and 0.5 to 2 points.
    assert re.search(r"B is faster: B has 10\.5% \(8\.\d to 12\.\d%\) more speed", text.stdout)
    assert re.search(r"B is better by 1\.00 points \(0\.\d\d to [12]\.\d\d\)", text.stdout)
    assert "6 pairs of runs of the same seed" in text.stdout
    result = json.loads(compare("a", "b", "--json").stdout)
    assert result["differing"] == [{"key": "lr", "a": "0.05", "b": "0.07"}]
    figures = {figure["figure"]: figure for figure in result["figures"]}
    assert set(figures) == {"images_per_second", "seconds", "final_top1"}, "no epochs beside pairs of runs"
    speed = figures["images_per_second"]
    assert speed["median"] == pytest.approx(statistics.median(ratios))
    # The sign test: of 6, the range covers the median but for 2 of 64 cases, 96.9%.
    assert speed["coverage"] == 0.95 and speed["verdict"] == "b" and speed["unit"] == "run"
    assert min(ratios) <= speed["low"] < speed["median"] < speed["high"] <= max(ratios)
    assert figures["seconds"]["verdict"] == "b", "less time"
    assert figures["seconds"]["median"] == pytest.approx(statistics.median(1 / ratio for ratio in ratios))
    assert figures["final_top1"]["median"] == 1 and figures["final_top1"]["compared"] == "b_minus_a"
    assert [pair["seed"] for pair in speed["pairs"]] == list(range(6))


def test_what_scatters_around_equal_is_no_difference(runs, compare):
    runs.seeds("a", SPEEDS)
    runs.seeds("b", [speed * ratio for speed, ratio in zip(SPEEDS, [1.02, 0.97, 1.01, 0.99, 1.03, 0.98])])
    figure = figures_of(compare("a", "b", "--json"))["images_per_second"]
    assert figure["verdict"] == "no_difference_shown" and figure["low"] < 1 < figure["high"]
    assert "no difference shown" in compare("a", "b").stdout
    assert "they differ in no key" in compare("a", "b").stdout


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_too_few_seeds_say_nothing_but_their_coverage(runs, compare, count):
    """However clear it looks."""
    runs.seeds("a", SPEEDS[:count])
    runs.seeds("b", [2 * speed for speed in SPEEDS[:count]])
    figure = figures_of(compare("a", "b", "--json"))["images_per_second"]
    assert figure["verdict"] == "too_few_to_say" and figure["median"] == 2
    assert math.isclose(figure["coverage"], 1 - 2 * 0.5**count, abs_tol=1e-12)
    text = compare("a", "b").stdout
    assert "too few to say" in text and "is faster:" not in text
    if count > 1:
        assert f"covers the median {100 * (1 - 2 * 0.5**count):.4g}% of the time" in text


def test_epochs_of_two_runs_are_said_to_be_epochs(runs, compare):
    runs.make("a", 100, epochs=8)
    runs.make("b", 125, epochs=9, lr="0.07")
    figures = figures_of(compare("a", "b", "--json"))
    epochs = figures["epoch_images_per_second"]
    assert epochs["unit"] == "epoch" and epochs["verdict"] == "b"
    assert [pair["epoch"] for pair in epochs["pairs"]] == list(range(1, 9)), "those that both have"
    assert epochs["median"] == pytest.approx(1.25)
    assert figures["images_per_second"]["verdict"] == "too_few_to_say", "one pair of runs"
    text = compare("a", "b").stdout
    assert "B is faster in these two runs: B has 25.0%" in text
    assert "the epochs of one run are no independent runs" in text


def test_the_slower_side_is_not_called_faster(runs, compare):
    runs.make("a", 100, epochs=8)
    runs.make("b", 80, epochs=8)
    figures = figures_of(compare("a", "b", "--json"))
    assert figures["epoch_images_per_second"]["verdict"] == figures["epoch_seconds"]["verdict"] == "a"
    text = compare("a", "b").stdout
    assert "A is faster in these two runs: B has 20.0% (20.0 to 20.0%) less speed" in text
    assert "A is faster in these two runs: B has 25.0% (25.0 to 25.0%) more time" in text


def test_seeds_without_a_counterpart_are_left_out_and_counted(runs, compare):
    runs.seeds("a", SPEEDS[:3])
    runs.seeds("b", SPEEDS[:3], first=1, lr="0.07")
    result = compare("a", "b", "--json")
    assert [pair["seed"] for pair in figures_of(result)["images_per_second"]["pairs"]] == [1, 2]
    assert "2 runs without one of the same seed" in compare("a", "b").stdout
    runs.seeds("c", SPEEDS[:2], first=7)
    result = compare("a", "c")
    assert result.code == 1 and "no seed in common" in result.stderr


def test_what_is_damaged_or_missing_is_said(runs, compare, launch, tmp_path):
    damaged = runs.make("a\x1b[31m")
    (damaged / "summary.json").write_text("{")
    (damaged / "metrics.jsonl").write_text("x\n[]\n")
    runs.make("b")
    result = compare("a\x1b[31m", "b")
    assert result.code == 0, result.output
    assert "\x1b" not in result.stdout
    assert "summary.json: is not a JSON object" in result.stdout
    assert "2 lines without an epoch's figures" in result.stdout
    assert "there is no figure that both have" in result.stdout
    assert compare("b", "nothing").code == 1
    done = launch("--device", "cpu:1", "--name", "own", "--", "true", cwd=tmp_path)
    assert done.code == 0, done.output
    result = compare("b", "own")
    assert result.code == 0 and "kind" in result.stdout and "training  command" in result.stdout
