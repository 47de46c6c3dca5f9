"""The machine and the programs, without their names and places."""

import collections
import datetime
import os
import pathlib
import subprocess

import torch

from setup import REPOSITORY


def said_by(command):
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    except OSError as error:
        return f"unknown: {error.strerror}"
    if done.returncode != 0:
        return f"unknown: exit code {done.returncode}"
    return ", ".join(line.strip() for line in done.stdout.splitlines() if line.strip())


def commit():
    """A bundle (scripts/package_gpu_check.sh) brings the name of its commit along, and needs no git."""
    packaged = REPOSITORY / "COMMIT"
    if packaged.exists():
        return packaged.read_text().strip()
    git = ["git", "-C", REPOSITORY]
    changes = said_by([*git, "status", "--porcelain", "--untracked-files=no"])
    return said_by([*git, "rev-parse", "--short=12", "HEAD"]) + (" and changes" if changes else "")


def cpu_name():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown"


def gpu_names(gpus):
    counted = collections.Counter(
        f"{gpu['name']}, {gpu['memory_total_bytes'] / 2**30:.1f} GiB" for gpu in gpus
    )
    return "; ".join(f"{count} x {name}" for name, count in counted.items()) or "none"


def gather(setup, driver):
    return [
        ("date", datetime.date.today().isoformat()),
        ("commit", commit()),
        ("GPUs", gpu_names(setup.gpus)),
        ("NVIDIA driver", driver or "none"),
        ("worker", said_by([setup.worker, "--version"])),
        ("cuDNN", str(torch.backends.cudnn.version())),
        ("launcher", said_by([setup.dplaunch, "--version"])),
        ("CPU", f"{cpu_name()}, {len(os.sched_getaffinity(0))} usable cores"),
    ]
