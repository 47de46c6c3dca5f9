"""All-reduce under backward, by the trace of two ranks."""

import json

import by_hand
from report import MEASURED, NOT_MEASURED, Row, verdict
from setup import CheckFailed

TRACED_STEPS = 3
LEAST_SHARE = 0.5  # of the collectives: the last bucket, and votes, have nothing to hide behind


def job(setup):
    if setup.is_rehearsal:
        return {**setup.tiny, "width": 16, "bucket_mb": 0.1, "max_steps": 9, "epochs": 1}
    real = {"model": "resnet18", "width": 0, "bsize": 256, "precision": "auto"}
    return {**setup.tiny, **real, "max_steps": 9, "epochs": 1}


def spans(events):
    """(begin, end) in microseconds, by their beginning."""
    return sorted((event["ts"], event["ts"] + event["dur"]) for event in events)


def is_nccl(event):
    return event["name"].startswith("nccl")


def of_gpu(events):
    """Kernels of NCCL's all-reduces, and all other kernels."""
    kernels = [event for event in events if event.get("cat") == "kernel"]
    reduces = [each for each in kernels if is_nccl(each) and "AllReduce" in each["name"]]
    return spans(reduces), spans(each for each in kernels if not is_nccl(each))


def of_cpu(events):
    """Gloo's all-reduces of gradients, and what backward computes before it waits for the last."""
    named = {name: spans(each for each in events if each["name"] == name)
             for name in ("gloo:all_reduce", "backward", "exposed all-reduce")}
    computing = [
        (begin, exposed)
        for (begin, end) in named["backward"]
        for (exposed, _) in named["exposed all-reduce"]
        if begin < exposed < end
    ]
    within = [one for one in named["gloo:all_reduce"]
              if any(begin < one[0] < end for begin, end in named["backward"])]
    return within, computing


def runs_under(span, computing):
    """A GPU that waits for launches has gaps between its kernels: the begin may lie in one."""
    return any(begin < span[1] and span[0] < end for begin, end in computing)


def of_rank(setup, folder, rank):
    """(all-reduces that run while the rank computes, all of them)"""
    events = json.loads((folder / "trace.json").read_text())["traceEvents"]
    own = [each for each in events if each["ph"] == "X" and each["pid"] == rank]
    reduces, computing = (of_cpu if setup.is_rehearsal else of_gpu)(own)
    if not reduces or not computing:
        what = f"rank {rank}: {len(reduces)} all-reduces, {len(computing)} spans of computing"
        raise CheckFailed(f"the trace has nothing to compare: {what}")
    return sum(runs_under(each, computing) for each in reduces), len(reduces)


def on_two_gpus(setup):
    check = "all-reduces that run while kernels compute"
    if not setup.two:
        yield Row(f"{check}, on two GPUs", "one GPU", f"{100 * LEAST_SHARE:.0f}%", NOT_MEASURED)
        return
    run = setup.train("trace", setup.two, "--trace", **job(setup))
    for rank in (0, 1):
        under, count = of_rank(setup, run.folder, rank)
        yield Row(
            f"{check}, on two GPUs, rank {rank}",
            f"{under} of {count}",
            f"{100 * LEAST_SHARE:.0f}%",
            verdict(under >= LEAST_SHARE * count),
        )


def on_one_gpu(setup):
    """Two processes take turns on it: how much overlaps is no limit's matter, that something does is shown."""
    folder = by_hand.make_run(setup, "trace-by-hand", **job(setup))
    by_hand.start_two(setup, "--run-dir", folder, "--trace", TRACED_STEPS)
    for rank in (0, 1):
        under, count = of_rank(setup, folder, rank)
        yield Row(
            f"all-reduces that run while kernels compute, two ranks on one GPU, rank {rank}",
            f"{under} of {count}",
            "",
            setup.small(MEASURED, NOT_MEASURED),
        )


CHECKS = [
    ("overlap of all-reduce and backward, two GPUs", on_two_gpus),
    ("overlap of all-reduce and backward, one GPU", on_one_gpu),
]
