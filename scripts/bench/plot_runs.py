#!/usr/bin/env python3
"""Draws test top-1 over epochs from metrics.jsonl files, as an SVG.

    plot_runs.py OUT.svg LABEL=FILE...      for example dplaunch=runs/long/metrics.jsonl

Needs matplotlib.
"""

import json
import pathlib
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "dplaunch"  # the same figures give the same file
import matplotlib.pyplot as plt  # noqa: E402

if len(sys.argv) < 3:
    sys.exit(__doc__)
figure, axes = plt.subplots(figsize=(7, 4))
for argument in sys.argv[2:]:
    label, _, path = argument.partition("=")
    lines = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if row.get("test_top1") is not None]
    axes.plot(
        [row["epoch"] for row in rows],
        [row["test_top1"] for row in rows],
        marker=".",
        label=f"{label}: {rows[-1]['test_top1']:.2f}%",
    )
axes.set_xlabel("epoch")
axes.set_ylabel("test top-1, %")
axes.grid(alpha=0.3)
axes.legend(loc="lower right")
figure.savefig(sys.argv[1], bbox_inches="tight", metadata={"Date": None})
