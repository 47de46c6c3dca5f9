#!/usr/bin/env python3
"""The table of scale_accuracy.sh: top-1 of every run, and each number of processes' mean."""

import json
import pathlib
import statistics
import sys

runs = pathlib.Path(sys.argv[1])
processes, seeds = (words.split() for words in sys.argv[2:4])


def top1(count, seed):
    summary = json.loads((runs / f"processes-{count}-seed-{seed}" / "summary.json").read_text())
    if summary["synthetic_data"]:
        sys.exit("this was synthetic data: its accuracy says nothing and belongs in no table")
    return summary["final_top1"]


means = []
print(f"| processes | {' | '.join(f'seed {seed}' for seed in seeds)} | mean | deviation |")
print("| --- |" + " --- |" * (len(seeds) + 2))
for count in processes:
    figures = [top1(count, seed) for seed in seeds]
    means.append(statistics.mean(figures))
    deviation = statistics.stdev(figures) if len(figures) > 1 else 0
    cells = " | ".join(f"{figure:.2f}%" for figure in figures)
    print(f"| {count} | {cells} | {means[-1]:.2f}% | {deviation:.2f} |")
print(f"\nThe means are within {max(means) - min(means):.2f} points of each other.")
