"""Makes docs/pictures/ from real runs on two cores of this machine.

    pictures.py BIN_FOLDER ROOT [NAME...]     ROOT: of a CIFAR-100; NAME: live-view, failure, scale

SCALE=FOLDER names the folder of that experiment (`dplaunch scale` leaves it, runs/scale-config_cpu), where it was
measured on a quiet machine: the same command goes on in it, and prints its table.
"""

import os
import pathlib
import re
import shlex
import shutil
import sys

import pyte
from recorded_terminal import RecordedTerminal
from terminal_svg import svg

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / "docs/pictures"
WORK = pathlib.Path("/tmp/demo")  # as tracebacks show it
TRAIN_PY = """\
import os
import time


def labels(rank):
    return [3, 17, 123 if rank == 1 else 42]


def main():
    greatest = max(labels(int(os.environ["RANK"])))
    if greatest >= 100:
        raise ValueError(f"bad label {greatest}")
    time.sleep(60)  # for the other rank, as in an all-reduce


main()
"""


def line(text, bold=False):
    return [pyte.screens.Char(data=character, bold=bold and character != "$") for character in text]


def from_line(rows, pattern):
    """Those from the line that begins so, what was left out as "..."."""
    first = next(y for y, row in enumerate(rows) if re.match(pattern, "".join(character.data for character in row)))
    return [line("..."), *rows[first:]] if first else rows


def make(name, title, command, binaries, until=None, begin="", with_command=True, columns=100, rows=26):
    environment = {"PATH": f"{binaries}:/usr/bin:/bin"}
    terminal = RecordedTerminal(shlex.split(command), WORK, columns, rows, environment)
    seen = from_line(terminal.run_until(until), begin)
    terminal.stop()
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.svg").write_text(svg([line(f"$ {command}", bold=True)] * with_command + seen, title))


PICTURES = {
    "live-view": {
        "title": "A training of two processes: the log above, below it each rank, and how far epoch and run are",
        "command": "dplaunch --device cpu:2 -c configs/config_cpu.yml --set limit_train=4096 --set log_every=5",
        "until": r"epoch 2/4  step 2[5-9]/32 .*ETA",
        "with_command": False,
        "rows": 10,
    },
    "failure": {
        "title": "Rank 1 failed by an exception, which is named with its place and its log",
        "command": "dplaunch --device cpu:2 -- python3 train.py",
    },
    "scale": {
        "title": "Two processes against one: step time, images/s, speed-up and efficiency with intervals",
        "command": "dplaunch scale --device cpu --world-sizes 1,2 -c configs/config_cpu.yml",
        "begin": "PROCESSES",
        "columns": 124,
        "rows": 60,
    },
}


def main():
    binaries, root, *names = sys.argv[1:]
    WORK.mkdir()
    try:
        (WORK / "data").symlink_to(pathlib.Path(root).resolve())
        (WORK / "configs").symlink_to(REPOSITORY / "configs")
        (WORK / "train.py").write_text(TRAIN_PY)
        if "SCALE" in os.environ:
            shutil.copytree(os.environ["SCALE"], WORK / "runs/scale-config_cpu")
        for name in names or PICTURES:
            make(name, binaries=pathlib.Path(binaries).resolve(), **PICTURES[name])
    finally:
        shutil.rmtree(WORK)


if __name__ == "__main__":
    main()
