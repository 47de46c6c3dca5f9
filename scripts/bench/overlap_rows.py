"""The table of overlap.sh: medians over the runs, and from the lowest to the highest."""

import json
import pathlib
import statistics
import sys


def epoch(folder):
    return json.loads((folder / "metrics.jsonl").read_text().splitlines()[0])


def cell(values, show):
    return f"{show(statistics.median(values))} ({show(min(values))} to {show(max(values))})"


def percent(value):
    return f"{100 * value:.1f}%"


def row(name, epochs):
    shares = [[line[f"share_{part}"] for line in epochs] for part in ("all_reduce", "backward")]
    speeds = [line["images_per_second"] for line in epochs]
    cells = [cell(share, percent) for share in shares] + [cell(speeds, "{:.0f}".format)]
    print(f"| {name} | " + " | ".join(cells) + " |")
    return statistics.median(shares[0])


def main():
    runs, count, bucket_mb = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    print("| | exposed all-reduce | backward's computing | images/s |")
    print("| --- | --- | --- | --- |")
    exposed = [
        row(name, [epoch(runs / f"{kind}-{i}") for i in range(1, count + 1)])
        for name, kind in (
            (f"with overlap (buckets of {bucket_mb} MB)", "overlap"),
            ("without (one bucket after the first)", "without"),
        )
    ]
    print(f"exposed share with overlap / without: {exposed[0] / exposed[1]:.2f}")


main()
