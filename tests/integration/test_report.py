"""`dplaunch report`: a page about runs, held against what the runs' files say."""

import json
import os
import shutil

import pytest
from report_page import ReportPage, drawn_bars, drawn_lines, is_near

SHARES = ["data_wait", "forward", "backward", "all_reduce", "update"]
HOSTILE = os.fsdecode(b"<img src=x onerror=alert(1)>\"'&amp;</script>\xff\xfe\x1b[31m")


@pytest.fixture
def copy_of(trained, tmp_path):
    """A copy of the trained run under another name, to be changed."""

    def make(name):
        return shutil.copytree(trained.folder, tmp_path / "runs" / name, symlinks=True)

    return make


@pytest.fixture
def report(launch, tmp_path):
    """The page about these runs."""

    def make(*runs):
        out = tmp_path / "report.html"
        result = launch("report", *runs, "--out", out)
        assert result.code == 0, result.output
        page = ReportPage(out)
        page.check_asks_for_nothing()
        assert len(page.bytes) <= 300_000
        return page

    return make


def epochs_of(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def check_lines(page, chart, expected):
    """The chart has these curves: in its data exactly, in its picture as near as one can see."""
    series = page.charts[chart]["series"]
    assert [(line["x"], line["y"]) for line in series] == [
        ([x for x, _ in line], [y for _, y in line]) for line in expected
    ]
    values = [y for line in expected for _, y in line]
    extent = max(values) - min(values) or max(values)
    for drawn, line in zip(drawn_lines(page.picture(chart)), expected, strict=True):
        for (x, y), (expected_x, expected_y) in zip(drawn, line, strict=True):
            assert is_near(x, expected_x, len(line)), (chart, x, expected_x)
            assert is_near(y, expected_y, 2 * max(extent, max(values))), (chart, y, expected_y)


def curve(epochs, key):
    return [(epoch["epoch"], epoch[key]) for epoch in epochs]


def test_of_one_run_shows_what_its_metrics_are(trained, report):
    page = report(trained.folder)
    epochs = epochs_of(trained.folder)
    assert len(epochs) == 3
    check_lines(page, "loss", [curve(epochs, "train_loss"), curve(epochs, "test_loss")])
    check_lines(page, "accuracy", [curve(epochs, "train_top1"), curve(epochs, "test_top1")])
    check_lines(page, "images-per-second", [curve(epochs, "images_per_second")])
    check_lines(page, "learning-rate", [curve(epochs, "lr")])
    check_lines(page, "rank-skew", [curve(epochs, "rank_skew")])
    parts = page.charts["time-shares"]["parts"]
    assert [part["values"] for part in parts] == [
        [100 * epoch[f"share_{share}"] for epoch in epochs] for share in SHARES
    ]
    for drawn, part in zip(drawn_bars(page.picture("time-shares")), parts, strict=True):
        heights = [value for value in part["values"] if value > 0]
        assert len(drawn) == len(heights)
        assert all(is_near(height, value, 200) for height, value in zip(drawn, heights))
    summary = trained.summary()
    assert f"{summary['final_top1']:.2f}%" in page.text
    assert "SYNTHETIC data" in page.text
    assert "one start, no failure, no restart" in page.text
    assert page.data["runs"] == [{"run": str(trained.folder), "label": "small"}]


def write_step_times(folder, rank, seconds):
    parts = ",".join(["step", "seconds", *SHARES])
    rows = [f"{step},{value:.9f},0,0,0,0,0" for step, value in enumerate(seconds, start=1)]
    (folder / f"step-times-{rank}.csv").write_text("\n".join([parts, *rows, ""]))


def test_step_times_are_drawn_for_each_rank(copy_of, report):
    one, two = copy_of("one"), copy_of("two")
    fast, slow, even = [0.02, 0.011, 0.010, 0.012], [0.02, 0.013, 0.014, 0.009], [0.01] * 3
    write_step_times(one, 0, fast)
    write_step_times(one, 1, slow)
    write_step_times(two, 0, even)
    page = report(one)
    assert [line["name"] for line in page.charts["step-times"]["series"]] == ["rank 0", "rank 1"]
    milliseconds = [[(step, 1000 * value) for step, value in enumerate(rank, start=1)] for rank in (fast, slow)]
    check_lines(page, "step-times", milliseconds)
    # Of several runs what a step took: its slowest rank's time.
    slowest = [(step, 1000 * max(pair)) for step, pair in enumerate(zip(fast, slow), start=1)]
    page = report(one, two)
    check_lines(page, "step-times", [slowest, [(step, 10) for step in (1, 2, 3)]])
    (one / "step-times-0.csv").write_text("step,<b>\n1,2\n")
    assert "step-times-0.csv" in report(one).text
    # A first step of a second leaves the others to be seen: on a logarithmic axis.
    write_step_times(one, 0, [1.0, *fast])
    heights = [y for _, y in drawn_lines(report(one).picture("step-times"), log_y=True)[0]]
    assert all(is_near(y, 1000 * value, 5000 * value) for y, value in zip(heights, [1.0, *fast]))


def test_each_picture_is_named_for_those_who_do_not_see_it(trained, report):
    page = report(trained.folder)
    pictures = [svg for svg in page.root.iter("svg") if svg.get("class") == "plot"]
    assert len(pictures) == len(page.charts) == 7
    for svg in pictures:
        assert svg.get("role") == "img"
        ids = {element.get("id"): element for element in svg}
        assert all(ids[name].text for name in svg.get("aria-labelledby").split())
    ids = [element.get("id") for element in page.root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


def test_of_several_runs_has_a_line_for_each(trained, copy_of, report):
    other = copy_of("other")
    config = other / "config.resolved.yml"
    config.write_text(config.read_text().replace("lr: 0.05", "lr: 0.07"))
    lines = (other / "metrics.jsonl").read_text().splitlines()
    (other / "metrics.jsonl").write_text("".join(line + "\n" for line in lines[:2]))
    page = report(trained.folder, other)
    both = [epochs_of(trained.folder), epochs_of(other)]
    for chart, key in [("train-loss", "train_loss"), ("test-loss", "test_loss"), ("test-accuracy", "test_top1")]:
        check_lines(page, chart, [curve(epochs, key) for epochs in both])
    bars = page.charts["time-shares"]
    assert bars["labels"] == ["A", "B"]
    for part, share in zip(bars["parts"], SHARES, strict=True):
        for value, epochs in zip(part["values"], both, strict=True):
            weights = [epoch["train_seconds"] for epoch in epochs]
            sums = sum(100 * epoch[f"share_{share}"] * weight for epoch, weight in zip(epochs, weights))
            assert value == pytest.approx(sums / sum(weights))
    assert "lr 0.05 0.07" in page.text
    assert "A small" in page.text and "B other" in page.text


def test_a_hostile_name_stays_text(copy_of, report):
    page = report(copy_of(HOSTILE.replace("/", "_")), copy_of("plain"))
    assert "A <img src=x onerror=alert(1)>\"'&amp;<_script>???[31m" in page.text
    assert "\x1b" not in page.html


DAMAGES = {
    "metrics.jsonl": [b"\xff\xfe\n{}\n[1]\n" + b'{"epoch": 1, "train_loss": 1e999}\n{"epoch": "<b>"}\n', b""],
    "summary.json": [b"{", b"[]", b'{"job": {"root_cause": {"rank": "<b>"}, "ranks": [1, {}]}}'],
    "launch.json": [b"", b'{"ranks": [1, "<b>", {"gpu": 7}], "notes": [{}, "<b>"], "started": 7}', b'{"format_version": 99}'],
    "config.resolved.yml": [b"\xff", b"- 1", b"lr: <script>"],
    "error-0.json": [b"{", b'{"message": {"message": "</pre><script>alert(1)</script>"}}'],
}


@pytest.mark.parametrize("file", DAMAGES)
def test_what_is_damaged_is_said_and_ends_nothing(file, copy_of, report):
    folder = copy_of("damaged")
    for content in DAMAGES[file]:
        (folder / file).write_bytes(content)
        assert "damaged" in report(folder).text
    (folder / file).unlink()
    report(folder)
    (folder / file).mkdir()
    assert file in report(folder).text, "the page says what it could not read"
    (folder / file).rmdir()
    os.mkfifo(folder / file)
    assert file in report(folder, copy_of("beside")).text


def test_very_long_runs_fit_into_the_limit(trained, copy_of, report, tmp_path):
    epoch = epochs_of(trained.folder)[-1]
    lines = "".join(json.dumps({**epoch, "epoch": n, "train_loss": 5 - n / 4000}) + "\n" for n in range(1, 4001))
    folders = [copy_of(f"long-{n}") for n in range(8)]
    for folder in folders:
        (folder / "metrics.jsonl").write_text(lines)
    page = report(*folders)
    assert "Of 4000 points of a line" in page.text
    assert "the page is full" not in page.text
    for line in page.charts["train-loss"]["series"]:
        assert (line["x"][0], line["x"][-1]) == (1, 4000)
        assert all(y == 5 - x / 4000 for x, y in zip(line["x"], line["y"]))
    assert "Of 4000 points of a line" in report(folders[0]).text


def test_a_command_that_failed(launch, report, tmp_path):
    script = (
        'import os\nif os.environ["RANK"] == "1": raise ValueError("bad <label> & \'123\'")\n'
        "import time; time.sleep(60)\n"
    )
    program = tmp_path / "own.py"
    program.write_text(script)
    words = ["--device", "cpu:2", "--name", "own", "--", "python3", program]
    assert launch(*words, cwd=tmp_path).code == 1
    page = report(tmp_path / "runs/own")
    assert "ValueError: bad <label> & '123'" in page.text
    assert page.charts == {}
    assert "How each rank ended" in page.text


def test_seeds_are_reported_by_their_common_name(copy_of, launch, tmp_path):
    for seed in (3, 4):
        copy_of(f"many-seed-{seed}")
    out = tmp_path / "many.html"
    result = launch("report", "many", "--runs", tmp_path / "runs", "--out", out)
    assert result.code == 0, result.output
    assert [run["label"] for run in ReportPage(out).data["runs"]] == ["A many-seed-3", "B many-seed-4"]


def test_what_cannot_be_reported(trained, launch, tmp_path):
    notes = tmp_path / "notes.html"
    notes.write_text("mine")
    result = launch("report", trained.folder, "--out", notes)
    assert result.code == 7 and "is no page of dplaunch" in result.stderr
    assert notes.read_text() == "mine"
    result = launch("report", *[trained.folder] * 9, "--out", tmp_path / "a.html")
    assert result.code == 2 and "9 runs" in result.stderr
    result = launch("report", "nothing", "--runs", tmp_path, "--out", tmp_path / "a.html")
    assert result.code == 1 and "no such run" in result.stderr
    result = launch("report", trained.folder, "--out", "-")
    assert result.code == 0 and result.stdout.startswith("<!DOCTYPE html>")
