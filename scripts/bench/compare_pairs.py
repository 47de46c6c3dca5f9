"""The report of train_vs_python_ddp.sh, from the files that its runs left."""

import json
import pathlib
import re
import statistics
import sys


def steady_images_per_second(log, warmup, total_batch):
    """From the first progress line, at the end of the warm-up, to the last one. The lines give the
    mean rate since the epoch's start."""
    lines = re.findall(r"step (\d+)/\d+ .* ([\d.]+) images/s", log)
    (first_step, first_rate), (last_step, last_rate) = lines[0], lines[-1]
    assert int(first_step) == warmup and int(last_step) > warmup, lines
    images = [int(step) * total_batch for step in (first_step, last_step)]
    elapsed = images[1] / float(last_rate) - images[0] / float(first_rate)
    return (images[1] - images[0]) / elapsed


def row(name, figures, ratio):
    ours, theirs = figures["dplaunch"], figures["python"]
    ratios = [ratio(a, b) for a, b in zip(ours, theirs, strict=True)]
    print(
        f"| {name} | {statistics.median(ours):.1f} | {statistics.median(theirs):.1f} "
        f"| {statistics.median(ratios):.2f} | {min(ratios):.2f} to {max(ratios):.2f} |"
    )


def main():
    folder, pairs, warmup, total_batch = pathlib.Path(sys.argv[1]), *map(int, sys.argv[2:])
    speed = {"dplaunch": [], "python": []}
    wall = {"dplaunch": [], "python": []}
    peak = {"dplaunch": [], "python": []}
    for pair in range(1, pairs + 1):
        log = (folder / f"dplaunch-{pair}.log").read_text()
        speed["dplaunch"].append(steady_images_per_second(log, warmup, total_batch))
        result = json.loads((folder / f"python-{pair}.json").read_text().splitlines()[-1])
        speed["python"].append(result["images_per_second"])
        for name in wall:
            figures = json.loads((folder / f"{name}-{pair}.timed").read_text())
            wall[name].append(figures["seconds"])
            peak[name].append(figures["peak_bytes"] / 2**20)
    print("\n| | dplaunch | Python DDP | ratio (median of pairs) | lowest to highest |")
    print("| --- | --- | --- | --- | --- |")
    row("steady state, images/s", speed, lambda a, b: a / b)
    row("whole job, s (ratio: times faster)", wall, lambda a, b: b / a)
    row("peak resident memory of a rank, MiB", peak, lambda a, b: a / b)


if __name__ == "__main__":
    main()
