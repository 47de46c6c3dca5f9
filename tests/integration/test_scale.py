"""Scale-out experiments: the figures against what Python makes of the raw times, and how they go on."""

import csv
import json
import math
import os
import signal
import statistics
import sys

import pytest
import torch

from report_page import ReportPage, drawn_bars, drawn_marks, is_near

from conftest import SMALL_JOB, TRAIN_RECORDS, end_of, read_until, repetitions, run_program, running

STEPS = 12
SCALE = ["scale", "--device", "cpu", "--world-sizes", "1,2"]


@pytest.fixture(scope="module")
def config(data_root, tmp_path_factory):
    path = tmp_path_factory.mktemp("scale") / "job.yml"
    job = {**SMALL_JOB, "workers": 0, "epochs": 4, "root": data_root}
    path.write_text("".join(f"{key}: {value}\n" for key, value in job.items()))
    return path


@pytest.fixture(scope="module")
def measured(dplaunch, config, tmp_path_factory):
    """An experiment of two blocks, all controls in it."""
    folder = tmp_path_factory.mktemp("measured") / "exp"
    command = [dplaunch, *SCALE, "--mode", "both", "-c", config, "--blocks", "2", "--steps", STEPS]
    result = run_program([*command, "--folder", folder])
    assert result.code == 0, result.output
    return folder, result


def report_of(folder):
    return json.loads((folder / "scale.json").read_text())


def step_times(folder, run, rank):
    with open(folder / run / f"step-times-{rank}.csv") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def test_every_point_is_in_every_block(measured):
    folder, result = measured
    report = report_of(folder)
    points = ["1", "2", "2 strong", "1 with a group"]
    if os.cpu_count() >= 2:
        points.append(f"1 on {2 * report['cores_per_process']} cores")
    assert report["points"] == points
    assert sorted((run["block"], run["point"]) for run in report["runs"]) == sorted(
        (block, point) for block in (1, 2) for point in points
    )
    assert "such intervals cover the median 50% of the time, not 95%; 6 would" in result.stdout


def test_times_are_those_of_the_slowest_rank_in_each_step(measured):
    folder, _ = measured
    report = report_of(folder)
    for run in report["runs"]:
        figures = run["figures"]
        ranks = [step_times(folder, run["run"], rank) for rank in range(len(figures["ranks"]))]
        assert all(len(rows) == STEPS for rows in ranks)
        assert [row["step"] for row in ranks[0]] == list(range(1, STEPS + 1))
        slowest = [max(rows[i]["seconds"] for rows in ranks) for i in range(STEPS)]
        steady = slowest[figures["warmup_steps"] :]
        assert figures["steps"] == len(steady) >= STEPS // 2
        assert math.isclose(figures["step_seconds"], statistics.fmean(steady), rel_tol=1e-6)
        images = SMALL_JOB["bsize"] * (2 if run["point"] == "2" else 1)
        assert math.isclose(run["rate"], images / figures["step_seconds"], rel_tol=1e-6)
        for row in (row for rows in ranks for row in rows):
            parts = ("data_wait", "forward", "backward", "all_reduce", "update")
            assert sum(row[part] for part in parts) <= row["seconds"] + 1e-6


def whole_seconds(figures):
    """Of a step with its share of what lies between steps."""
    return sum(figures[f"{part}_seconds"] for part in ("step", "evaluation", "checkpoint"))


def test_what_lies_between_steps_is_shared_out(measured):
    """An evaluation and a checkpoint each epoch, as the configuration says: of 62, 31 or 62 steps."""
    folder, _ = measured
    for run in report_of(folder)["runs"]:
        summary = json.loads((folder / run["run"] / "summary.json").read_text())
        epoch = json.loads((folder / run["run"] / "metrics.jsonl").read_text())
        steps = TRAIN_RECORDS // (SMALL_JOB["bsize"] * (2 if run["point"] == "2" else 1))
        assert summary["checkpoint_seconds"] > 0
        assert math.isclose(run["figures"]["checkpoint_seconds"], summary["checkpoint_seconds"] / steps)
        assert math.isclose(run["figures"]["evaluation_seconds"], epoch["evaluation_seconds"] / steps)


def test_speedups_are_medians_of_ratios_within_blocks(measured):
    folder, result = measured
    report = report_of(folder)
    run_of = {(run["block"], run["point"]): run["figures"] for run in report["runs"]}

    def seconds(block, point):
        figures = run_of[block, point]
        return whole_seconds(figures)

    for name, work in (("2", 1), ("2 strong", 0.5)):
        found = next(point for point in report["results"] if point["point"] == name)
        ratios = [work * seconds(block, "1") / seconds(block, name) for block in (1, 2)]
        assert math.isclose(found["efficiency"]["median"], statistics.median(ratios), rel_tol=1e-6)
        assert math.isclose(found["speedup"]["median"], 2 * statistics.median(ratios), rel_tol=1e-6)
        assert math.isclose(found["efficiency"]["low"], min(ratios), rel_tol=1e-6)
        assert found["efficiency"]["coverage"] == 0.5
        product = math.prod(factor["median"] for factor in found["factors"].values())
        assert abs(product - found["efficiency"]["median"]) < 0.01
    with open(folder / "scale.csv") as file:
        rows = {row["point"]: row for row in csv.DictReader(file)}
    assert math.isclose(float(rows["2"]["speedup"]), 2 * float(rows["2"]["efficiency"]))


def test_the_all_reduce_by_itself_is_measured_in_the_trainings_buckets(measured):
    """In each block; the gradients' sizes, grouped by PyTorch, are what c10d's reducer really had."""
    folder, _ = measured
    for block in ("block-01", "block-02"):
        run = folder / "runs" / f"{block}-2"
        with open(run / "gradient-times-0.csv") as file:
            gradients = [(int(row["bytes"]), float(row["ready_seconds"])) for row in csv.DictReader(file)]
        tensors = [torch.empty(size // 4) for size, _ in gradients]
        group = torch._C._distributed_c10d._compute_bucket_assignment_by_size
        buckets = [sum(gradients[i][0] for i in bucket) for bucket in group(tensors, [2**20, 2**22])[0]]
        record = json.loads((folder / "runs" / f"{block}-all-reduce.json").read_text())
        assert record["bucket_bytes"] == buckets
        parameters = json.loads((run / "summary.json").read_text())["parameters"]
        assert sum(buckets) == 4 * parameters
        ready = [seconds for _, seconds in gradients]
        assert ready == sorted(ready) and ready[0] >= 0
        backward = [row["backward"] for row in step_times(folder, f"runs/{block}-2", 0)]
        assert min(backward) <= ready[-1] <= max(backward)
        sizes = {each["bytes"] for each in record["results"] + record["left_out"]}
        assert {size for bucket in buckets for size in (bucket, bucket // 2)} <= sizes
        assert len(record["compress_us"]) == 5 and min(record["compress_us"]) > 0


def test_the_prediction_is_of_the_measured_parts(measured):
    """Which parts one process has is measured; the rest is what two lose, and what the model adds."""
    folder, result = measured
    prediction = report_of(folder)["prediction"]
    runs = [run["figures"] for run in report_of(folder)["runs"] if run["point"] == "1"]
    two = [run["figures"] for run in report_of(folder)["runs"] if run["point"] == "2"]
    assert prediction["prediction"] is True and prediction["processes"] == 4
    assert prediction["from"] == "parts"
    parts = prediction["parts_seconds"]
    assert math.isclose(sum(parts.values()), prediction["step_seconds"], rel_tol=1e-9)
    evaluations = statistics.median(run["evaluation_seconds"] for run in runs)
    # One rank writes a checkpoint while all wait; on four processes a quarter of the steps lies between two.
    checkpoints = statistics.median(run["checkpoint_seconds"] for run in runs)
    assert math.isclose(parts["amortised"], evaluations + 4 * checkpoints, rel_tol=1e-9)
    waits = statistics.median(run["ranks"][0]["data_wait"] for run in runs)
    assert math.isclose(parts["input_wait"], waits, rel_tol=1e-9)
    ideal = statistics.median(map(whole_seconds, runs))
    assert math.isclose(prediction["ideal_step_seconds"], ideal, rel_tol=1e-9)
    assert math.isclose(prediction["null_step_seconds"], statistics.median(map(whole_seconds, two)), rel_tol=1e-9)
    assert parts["exposed"] > 0, "the last bucket is never hidden"
    assert prediction["low"] <= prediction["step_seconds"] <= prediction["high"]
    assert "prediction, not measured: 4 processes with a batch each: " in result.stdout
    assert "from computing, buckets, all-reduce and the ranks' spread" in result.stdout


def test_simulate_predicts_from_what_scale_measured(measured, dplaunch):
    folder, _ = measured
    command = [dplaunch, "simulate", "--profile", folder / "profile.json", "--world-sizes", "4", "--json"]
    simulated = json.loads(run_program(command).stdout)["predictions"][0]
    prediction = report_of(folder)["prediction"]
    seconds = simulated["prediction_step_seconds"]
    assert math.isclose(seconds, prediction["step_seconds"], rel_tol=1e-9)
    assert simulated["prediction_interval_seconds"] == pytest.approx([prediction["low"], prediction["high"]])
    # Over a network that costs nothing: what one process does, and its waits.
    free = json.loads(run_program([*command, "--link", "1e9Gb"]).stdout)["predictions"][0]
    assert prediction["ideal_step_seconds"] <= free["prediction_step_seconds"] < seconds


def test_without_controls_the_prediction_grows_as_the_loss_of_two(dplaunch, config, tmp_path):
    """What N lose grows as 1/2 + ... + 1/N: from 1/2 at two to 13/12 at four."""
    command = [dplaunch, *SCALE, "--no-controls", "-c", config, "--blocks", "1", "--steps", STEPS]
    result = run_program([*command, "--folder", tmp_path / "exp"])
    assert result.code == 0, result.output
    report = report_of(tmp_path / "exp")
    seconds = {
        run["point"]: whole_seconds(run["figures"]) for run in report["runs"]
    }
    prediction = report["prediction"]
    expected = seconds["1"] + (13 / 12) / (1 / 2) * max(0, seconds["2"] - seconds["1"])
    assert prediction["from"] == "step times"
    assert math.isclose(prediction["step_seconds"], expected, rel_tol=1e-6)
    assert not list((tmp_path / "exp" / "runs").glob("*all-reduce*"))


def test_the_page_draws_the_figures_of_the_json(measured):
    folder, _ = measured
    report = report_of(folder)
    page = ReportPage(folder / "scale.html")
    page.check_asks_for_nothing()
    assert len(page.bytes) < 300_000
    assert page.data["scale"] == report
    charts = page.charts
    assert set(charts) == {"time", "speedup", "parts", "blocks"}
    result_of = {point["point"]: point for point in report["results"]}
    drawn = {series["name"]: series for series in charts["speedup"]["series"]}
    assert drawn["a batch each"]["y"] == [result_of["2"]["speedup"]["median"]]
    assert drawn["a batch each"]["low"] == [result_of["2"]["speedup"]["low"]]
    assert drawn["one's batch shared"]["y"] == [result_of["2 strong"]["speedup"]["median"]]
    assert drawn["ideal"]["y"] == [1, 2]
    # The update alone is not shared: s of a step in one process gives 1 / (s + (1 - s) / 2).
    alone = [run["figures"] for run in report["runs"] if run["point"] == "1"]
    share = statistics.median(run["ranks"][0]["update"] / run["step_seconds"] for run in alone)
    amdahl = drawn["Amdahl, the update being serial"]["y"]
    assert math.isclose(amdahl[1], 1 / (share + (1 - share) / 2), rel_tol=1e-9)
    # A group costs a step of one rank what it costs on two, too.
    seconds = [sorted(runs, key=lambda run: run["block"]) for runs in (
        [run for run in report["runs"] if run["point"] == name] for name in ("1 with a group", "1")
    )]
    costs = [a["figures"]["step_seconds"] / b["figures"]["step_seconds"] - 1 for a, b in zip(*seconds)]
    cost = max(0, statistics.median(costs))
    bounds = {bound["point"]: bound for bound in report["bounds"]["points"]}
    assert math.isclose(bounds["2"]["with_overhead"], 2 / (1 + cost), rel_tol=1e-9)
    assert math.isclose(bounds["2 strong"]["with_overhead"], 1 / (1 / amdahl[1] + cost), rel_tol=1e-9)
    assert drawn["with the group's own cost"]["y"][1] == bounds["2"]["with_overhead"]
    assert drawn["Amdahl with the group's own cost"]["y"][1] == bounds["2 strong"]["with_overhead"]
    for point, bar in zip(report["results"], range(len(charts["parts"]["labels"]))):
        runs = [run["figures"] for run in report["runs"] if run["point"] == point["point"]]
        computing = statistics.median(run["compute_seconds"] for run in runs)
        assert math.isclose(charts["parts"]["parts"][0]["values"][bar], 1000 * computing)
    check_pictures(page)


def check_pictures(page):
    """What is drawn is what the page's data say, as near as one can see."""
    for name, chart in page.charts.items():
        picture = page.picture(name)
        if chart["kind"] == "bars":
            for drawn, part in zip(drawn_bars(picture), chart["parts"], strict=True):
                heights = [value for value in part["values"] if value]
                total = sum(max(part["values"]) for part in chart["parts"])
                assert all(is_near(*pair, 2 * total) for pair in zip(drawn, heights, strict=True))
            continue
        series = [line for line in chart["series"] if line["style"] != "reference"]
        drawn = drawn_marks(picture, log_x=name in ("time", "speedup"))
        extent = 2 * max(y for line in chart["series"] for y in line.get("high", line["y"]))
        for (marks, ends), line in zip(drawn, series, strict=True):
            for (x, y), *expected in zip(marks, line["x"], line["y"], strict=True):
                assert is_near(x, expected[0], 100) and is_near(y, expected[1], extent), (name, line)
            if "low" in line:
                for (low, high), *expected in zip(ends, line["low"], line["high"], strict=True):
                    assert is_near(low, expected[0], extent) and is_near(high, expected[1], extent)


def test_a_finished_experiment_measures_nothing_again(dplaunch, config, measured):
    folder, _ = measured
    before = (folder / "runs.jsonl").read_bytes()
    command = [dplaunch, *SCALE, "--mode", "both", "-c", config, "--blocks", "2", "--steps", STEPS]
    result = run_program([*command, "--folder", folder, "--json"])
    assert result.code == 0, result.output
    assert (folder / "runs.jsonl").read_bytes() == before
    assert json.loads(result.stdout) == report_of(folder)
    other = run_program([*command, "--folder", folder, "--set", "bsize=8"])
    assert other.code == 2
    assert 'is another experiment: config: bsize is "16" there and "8" now' in other.stderr


def test_a_killed_experiment_repeats_only_what_is_missing(dplaunch, config, tmp_path):
    folder = tmp_path / "exp"
    command = [dplaunch, *SCALE, "-c", config, "--steps", STEPS, "--blocks", "2"]
    command += ["--folder", folder]
    for kill in range(repetitions(5)):
        with running(command) as process:
            read_until(process, "block ")
            process.send_signal(signal.SIGKILL)
            process.wait()
        kept = (folder / "runs.jsonl").read_text().splitlines()
        assert len(kept) >= kill + 1
        # What a crash of the machine leaves in the middle of a line.
        with open(folder / "runs.jsonl", "a") as file:
            file.write('{"block": 2, "poi')
    result = run_program(command)
    assert result.code == 0, result.output
    lines = (folder / "runs.jsonl").read_text().splitlines()
    assert lines[: len(kept)] == kept
    report = report_of(folder)
    assert len(report["runs"]) == 2 * len(report["points"]) == len(lines)


def test_a_point_that_fails_does_not_lose_the_others(dplaunch, config, tmp_path):
    folder = tmp_path / "exp"
    fails = tmp_path / "worker"
    real = dplaunch.parent / "dplaunch-worker-cpu"
    fails.write_text(f'#!/bin/sh\n[ "$WORLD_SIZE" = 2 ] && exit 9\nexec {real} "$@"\n')
    fails.chmod(0o755)
    command = [dplaunch, *SCALE, "-c", config, "--steps", STEPS, "--blocks", "3"]
    result = run_program([*command, "--folder", folder], env={"DPLAUNCH_WORKER": str(fails)})
    assert result.code == 1
    assert "no figures: exit code 9" in result.stdout
    assert "note: 2: 2 runs failed, the last with exit code 9" in result.stdout
    runs = report_of(folder)["runs"]
    assert sum(run["point"] == "1" for run in runs) == 3
    assert sum(run["point"] == "2" for run in runs) == 2, "a third time it is not tried"


# Two ranks do twice the work in the same time, to the printed figure; the first steps are slow.
SCRIPT = """
import os, time
world = int(os.environ["WORLD_SIZE"])
for step in range(30):
    rate = 100.0 * world if step >= 5 else 20.0
    if os.environ["RANK"] == "0":
        print(f"step {step} images/s: {rate}")
"""


def test_a_command_is_measured_by_what_it_prints(dplaunch, tmp_path):
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    command = [dplaunch, *SCALE, "--blocks", "2", "--folder", tmp_path / "exp"]
    metric = ["--metric", "images/s: ([0-9.]+)"]
    result = run_program([*command, *metric, "--", sys.executable, script])
    assert result.code == 0, result.output
    point = report_of(tmp_path / "exp")["results"][1]
    assert math.isclose(point["rate"]["median"], 200)
    assert math.isclose(point["speedup"]["median"], 2)
    assert math.isclose(point["efficiency"]["median"], 1)
    run = report_of(tmp_path / "exp")["runs"][0]
    assert len(run["metric"]) == 30


def test_a_command_without_a_metric_is_measured_by_its_whole_time(dplaunch, tmp_path):
    command = [dplaunch, *SCALE, "--blocks", "1", "--mode", "strong", "--folder", tmp_path / "exp"]
    result = run_program([*command, "--", "true"])
    assert result.code == 0, result.output
    report = report_of(tmp_path / "exp")
    one, two = report["results"]
    assert math.isclose(one["rate"]["median"], 1 / one["wall_seconds"]["median"], rel_tol=1e-9)
    assert math.isclose(
        two["speedup"]["median"], two["rate"]["median"] / one["rate"]["median"], rel_tol=1e-9
    )


def test_more_processes_than_cores_have_no_efficiency(dplaunch, tmp_path):
    processes = os.cpu_count() + 1
    command = [dplaunch, "scale", "--device", "cpu", "--world-sizes", f"1,{processes}"]
    command += ["--blocks", "1", "--folder", tmp_path / "exp"]
    result = run_program([*command, "--", "true"])
    assert result.code == 0, result.output
    assert f"cannot scale here: {processes} processes on" in result.stdout
    assert "%" not in result.stdout.split("\n\n")[1]


def test_a_hog_in_one_block_is_said(dplaunch, tmp_path):
    """Seen through the whole machine's use, whatever else runs here: nothing is left out."""
    command = [dplaunch, *SCALE, "--blocks", "1", "--folder", tmp_path / "exp"]
    with running([sys.executable, "-c", "print('on', flush=True)\nwhile True: pass"]) as hog:
        read_until(hog, "on")
        result = run_program([*command, "--", "sleep", "1"])
    assert result.code == 0, result.output
    runs = report_of(tmp_path / "exp")["runs"]
    assert all(run["other_cores"] > 0.2 for run in runs)
    assert all(any("other processes used" in flag for flag in run["flags"]) for run in runs)


def to_accuracy(folder, percent):
    """The first epochs whose figures lead to that accuracy, all of them if none does."""
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    # Once it has got there it is stopped, perhaps in the middle of an epoch.
    there = [line["epoch"] for line in lines if line.get("test_top1", -1) >= percent]
    return lines[: min(there)] if there else lines, bool(there)


def test_trainings_up_to_an_accuracy(dplaunch, config, tmp_path):
    folder = tmp_path / "exp"
    command = [dplaunch, *SCALE, "--no-controls", "-c", config, "--steps", STEPS, "--blocks", "1"]
    command += ["--set", "limit_train=160", "--set", "epochs=2", "--folder", folder]
    plan = run_program([*command, "--until-accuracy", "100", "--dry-run"])
    assert "then        1 to 100%, 2 to 100%: 1 time each, trained up to 100% top-1, at most 2 epochs" in plan.stdout
    never = run_program([*command, "--until-accuracy", "100"])
    assert never.code == 0, never.output
    assert "note: 2 to 100%: 1 of 1 run did not get there" in never.stdout
    point = report_of(folder)["until_accuracy"]["points"][1]
    assert (point["point"], point["runs"], point["reached"]) == ("2 to 100%", 1, 0)
    assert point["seconds"]["median"] is None and point["seconds"]["count"] == 1
    steps = [run for run in report_of(folder)["runs"] if run["accuracy"] is None]
    # The same experiment goes on with another accuracy, one that comes at once.
    near = run_program([*command, "--until-accuracy", "0.1"])
    assert near.code == 0, near.output
    report = report_of(folder)
    assert [run for run in report["runs"] if run["accuracy"] is None] == steps, "not measured again"
    found = {}
    for run in report["runs"]:
        if run["accuracy"] is None:
            continue
        percent = float(run["point"].split(" to ")[1][:-1])
        epochs, is_reached = to_accuracy(folder / run["run"], percent)
        found[run["point"]] = run["accuracy"]
        assert run["accuracy"]["is_reached"] == is_reached
        assert math.isclose(run["accuracy"]["seconds"], sum(line["seconds"] for line in epochs), rel_tol=1e-9)
        assert run["accuracy"]["images"] == sum(line["images"] for line in epochs)
        assert run["accuracy"]["best_top1"] == max(line["test_top1"] for line in epochs)
    one, two = report["until_accuracy"]["points"]
    assert report["until_accuracy"]["top1_percent"] == 0.1
    for point in (one, two):
        run = found[point["point"]]
        expected = run["seconds"] if run["is_reached"] else None
        assert point["seconds"]["median"] == expected
    with open(folder / "scale.csv") as file:
        rows = {row["point"]: row for row in csv.DictReader(file)}
    assert set(rows) == {"1", "2", "1 to 0.1%", "2 to 0.1%"}
    assert rows["2 to 0.1%"]["reached"] == str(two["reached"])


def test_a_training_ends_where_it_has_got(dplaunch, config, tmp_path):
    epochs = 3000  # which would take an hour
    command = [dplaunch, *SCALE[:3], "--world-sizes", "1", "-c", config, "--steps", STEPS]
    command += ["--blocks", "1", "--set", "limit_train=160", "--set", f"epochs={epochs}", "--until-accuracy", "0.1"]
    result = run_program([*command, "--folder", tmp_path / "exp"])
    assert result.code == 0, result.output
    [run] = [run for run in report_of(tmp_path / "exp")["runs"] if run["accuracy"]]
    assert run["accuracy"]["is_reached"] and run["exit_code"] == 0
    assert run["accuracy"]["epochs"] < epochs
    assert "reached after" in result.stdout


def test_nothing_is_started_by_a_dry_run(launch, config, tmp_path):
    words = [*SCALE[1:], "-c", config, "--folder", tmp_path / "exp", "--dry-run"]
    result = launch("scale", *words)
    assert result.code == 0, result.output
    assert "6, each point once in each, in random order" in result.stdout
    assert not (tmp_path / "exp").exists()


@pytest.mark.parametrize(
    "words, message",
    [
        (["--world-sizes", "1,x"], '--world-sizes "1,x" is not a list of numbers of processes'),
        (["--max-time", "soon"], '--max-time "soon" is not a time'),
        (["--mode", "week"], "--mode week: is none"),
        (["--metric", "(x)"], "--metric: is for a command"),
        (["--set", "bsize=auto"], "bsize: auto: may be another one at each point"),
        (["--mode", "strong", "--world-sizes", "3"], "a batch of 16 cannot be shared by 3"),
        (["--steps", "1"], "--steps"),
        (["--until-accuracy", "0"], "--until-accuracy"),
        (["--mode", "both", "--", "true"], "-c: has no meaning for a command"),
    ],
)
def test_what_makes_no_sense_is_refused(launch, config, words, message):
    result = launch("scale", "--device", "cpu", "-c", config, *words)
    assert result.code == 2
    assert message in result.stderr


def test_a_command_that_is_not_there_is_refused_at_once(launch, tmp_path):
    result = launch(*SCALE, "--folder", tmp_path / "exp", "--", "no-such-program", "train.py")
    assert result.code == 127
    assert "no-such-program" in result.stderr
    assert not (tmp_path / "exp").exists()


def test_what_went_wrong_is_quoted(launch, tmp_path):
    words = [*SCALE, "--max-time", "2h", "--until-ci", "3%", "--blocks", "1"]
    script = ["sh", "-c", "echo before; echo the reason >&2; exit 3"]
    result = launch(*words, "--folder", tmp_path / "failed", "--", *script)
    assert "no figures: exit code 3: the reason" in result.stdout
    metric = ["--metric", "images/s: ([0-9]+)"]
    result = launch(*words, *metric, "--folder", tmp_path / "other", "--", "echo", "images: 7")
    assert "finds no number above 0" in result.stdout and "ends with: images: 7" in result.stdout


def test_ctrl_c_says_that_it_goes_on(dplaunch, tmp_path):
    """The job that is being measured ends with it, and nothing that was measured is lost."""
    command = [dplaunch, *SCALE, "--blocks", "1", "--folder", tmp_path / "exp"]
    beginning = tmp_path / "began"
    script = ["sh", "-c", f'test -e {beginning} && exit 0; touch {beginning}; echo $$ > {tmp_path}/pid; sleep 600']
    with running([*command, "--", *script]) as process:
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
            os.sched_yield()
        process.send_signal(signal.SIGINT)
        ended = end_of(process)
    assert ended.code == 130
    assert "interrupted" in ended.output and "the same command goes on where it stopped" in ended.output
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    result = run_program([*command, "--", *script])
    assert result.code == 0, result.output
    assert len(report_of(tmp_path / "exp")["runs"]) == 2


def test_a_group_of_one_changes_no_bit(train):
    plain = train("plain", device="cpu:1", max_steps=10, step_times="true")
    grouped = train("grouped", device="cpu:1", max_steps=10, group_of_one="true")
    assert plain.digest(0) == grouped.digest(0)
    assert "gloo" in grouped.log(0)
    rows = (plain.folder / "step-times-0.csv").read_text().splitlines()
    assert len(rows) == 1 + 10
