"""All-reduce of two ranks: on two GPUs, or both on one. Replicas stay equal, and how fast it is."""

import json
import re
import statistics

import by_hand
from report import MEASURED, NOT_MEASURED, Row, verdict
from setup import CheckFailed

GRADIENT_BYTES = 44_880_528  # of ResNet-18 with 100 classes, fp32
MOST_MS = 4.5  # two GPUs over PCIe at 10 GB/s
CHANGES = {"lr": 0.05, "max_steps": 10, "epochs": 1000}


def replicas_row(where, digests):
    is_equal = len(set(digests)) == 1 and None not in digests
    shown = " and ".join(str(each) for each in digests)
    check = f"parameter digests of two ranks {where}"
    return Row(check, shown, "equal", verdict(is_equal))


def under_the_launcher(setup):
    if not setup.two:
        yield Row("two ranks on two GPUs", "one GPU", "digests equal", NOT_MEASURED)
        return
    run = setup.train("two-ranks", setup.two, **{**setup.tiny, **CHANGES})
    yield replicas_row("under dplaunch", [run.digest(rank) for rank in (0, 1)])
    answer = setup.json_of("doctor", "--device", setup.two, "--root", setup.data)
    found = [each for each in answer["findings"] if each["what"] == "all-reduce"]
    if not found:
        raise CheckFailed("doctor timed no all-reduce", str(answer))
    milliseconds = re.search(r"in ([\d.]+) ms", found[0]["finding"])
    is_fast = milliseconds is not None and float(milliseconds[1]) <= MOST_MS
    yield Row(
        "all-reduce of a ResNet-18's gradient, by doctor",
        found[0]["finding"],
        f"{MOST_MS} ms",
        NOT_MEASURED if setup.is_rehearsal else verdict(is_fast),
    )


def on_one_gpu(setup):
    folder = by_hand.make_run(setup, "by-hand", **CHANGES)
    outputs = by_hand.start_two(setup, "--run-dir", folder)
    found = [re.findall(r"parameter digest ([0-9a-f]{16})", output) for output in outputs]
    yield replicas_row("on one GPU", [each[-1] if each else None for each in found])


def speed_on_one_gpu(setup):
    folder = by_hand.make_run(setup, "by-hand-speed")
    sizes = ["--min-bytes", GRADIENT_BYTES, "--max-bytes", GRADIENT_BYTES, "--seconds", 1]
    outputs = by_hand.start_two(
        setup, "--run-dir", folder, "--measure-communication", "all_reduce", *sizes
    )
    record = folder / "communication.json"
    if not record.exists():
        raise CheckFailed("no figure", "\n".join(outputs))
    times_us = json.loads(record.read_text())["results"][0]["times_us"]
    seconds = 1e-6 * statistics.median(times_us)
    yield Row(
        "all-reduce of a ResNet-18's gradient, two ranks on one GPU",
        f"{1e3 * seconds:.1f} ms, {1e-9 * GRADIENT_BYTES / seconds:.1f} GB/s each",
        "",
        NOT_MEASURED if setup.is_rehearsal else MEASURED,
    )


CHECKS = [
    ("two ranks on two GPUs", under_the_launcher),
    ("two ranks on one GPU", on_one_gpu),
    ("all-reduce of two ranks on one GPU", speed_on_one_gpu),
]
