"""Runs a script unchanged under torchrun and, by the same line, under `dplaunch torchrun`, two processes
on the CPU each, and compares what every rank printed:

    compare.py DPLAUNCH SCRIPT

Standard output has to be the same line by line, of standard error the same lines have to come.
Times, process ids, ports and progress bars are left out. Exit code 0 if nothing else differs.
"""

import collections
import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

RANKS = (0, 1)
TIMEOUT_S = 600
# On a busy machine torch aborts on its way out now and then, and accelerate's own test has a race for
# a file (check_main_process_first.txt), under any launcher. What differs fails every time.
TRIES = 5
BAR = re.compile(r"\d+%\|")  # tqdm: how often it draws is a matter of time
VARYING = (
    (r"\x1b\[[0-9;]*[A-Za-z]", ""),
    (r"\d{4}-\d\d-\d\d", "DATE"),
    (r"\b[IWEF]\d{4} ", "DATE "),
    (r"\d\d:\d\d:\d\d(\.\d+)?", "TIME"),
    (r"TIME \d+ ", "TIME PID "),
    (r"\b\d+(\.\d+)?(e-\d+)? ?s\b", "SECONDS"),
    (r"'(\w+_(?:runtime|per_second))': '[\d.]+'", r"'\1': NUMBER"),
    (r"\b(127\.0\.0\.1|localhost|\[::1\]):\d+", r"\1:PORT"),
    (r"\bpid[ =:]+\d+", "PID"),
)


def lines_of(text):
    """What varies from run to run is replaced, blank pieces and bars are left out."""
    for pattern, word in VARYING:
        text = re.sub(pattern, word, text)
    pieces = [piece.strip() for piece in re.split(r"[\r\n]", text)]
    return [piece for piece in pieces if piece and not BAR.search(piece)]


def run(command, folder):
    # As from a cron job or a batch system: nothing of this shell.
    clean = {name: os.environ[name] for name in ("PATH", "HOME")}
    return subprocess.run(command, cwd=folder, env=clean, stdin=subprocess.DEVNULL, text=True,
                          errors="replace", capture_output=True, timeout=TIMEOUT_S)


# The machine may have GPUs.
CPU = ["env", "CUDA_VISIBLE_DEVICES="]
LINE = ["--standalone", "--nproc-per-node=2"]


def under_torchrun(script, folder):
    logs = folder / "torchrun-logs"
    separate = ["--redirects=3", f"--log-dir={logs}"]
    command = [*CPU, sys.executable, "-m", "torch.distributed.run", *LINE, *separate, script]
    result = run(command, folder)
    texts = {}
    for name in ("stdout", "stderr"):
        for rank in RANKS:
            found = list(logs.glob(f"*/attempt_0/{rank}/{name}.log"))
            texts[name, rank] = found[0].read_text(errors="replace") if found else ""
    return result, texts


def under_dplaunch(dplaunch, script, folder):
    command = [*CPU, f"PYTHON_EXEC={sys.executable}", dplaunch, "torchrun", *LINE, script]
    result = run(command, folder)
    texts = {}
    for name in ("stdout", "stderr"):
        for rank in RANKS:
            prefix = f"[{rank}] "
            own = [line for line in getattr(result, name).split("\n") if line.startswith(prefix)]
            texts[name, rank] = "\n".join(line.removeprefix(prefix) for line in own)
    return result, texts


def tried(job, folder):
    """Its first success, or else its last end."""
    for attempt in range(TRIES):
        place = folder / str(attempt)
        place.mkdir(parents=True)
        result, texts = job(place)
        if result.returncode == 0:
            break
        print(f"{folder.name}: attempt {attempt + 1} ended with {result.returncode}")
    return result, texts


def difference(name, expected, found):
    if name == "stderr":
        expected, found = sorted(expected), sorted(found)
    return list(difflib.unified_diff(expected, found, "torchrun", "dplaunch", lineterm="", n=1))


def main():
    dplaunch, script = (str(pathlib.Path(word).resolve()) for word in sys.argv[1:])
    with tempfile.TemporaryDirectory() as work:
        folders = {name: pathlib.Path(work, name) for name in ("torchrun", "dplaunch")}
        theirs, expected = tried(lambda place: under_torchrun(script, place), folders["torchrun"])
        ours, found = tried(lambda place: under_dplaunch(dplaunch, script, place), folders["dplaunch"])
    problems = []
    for result in (theirs, ours):
        if result.returncode != 0:
            problems.append(f"exit code {result.returncode} of {' '.join(map(str, result.args))}\n"
                            f"{result.stdout[-2000:]}\n{result.stderr[-4000:]}")
    counts = collections.Counter()
    for (name, rank), text in expected.items():
        lines = lines_of(text)
        counts[name] += len(lines)
        differing = difference(name, lines, lines_of(found[name, rank]))
        if differing:
            problems.append("\n".join([f"{name} of rank {rank} differs:", *differing[:40]]))
    if counts["stdout"] == 0:
        problems.append("nothing was printed under torchrun: nothing was compared")
    print("\n".join(problems) or f"the same {counts['stdout']} lines on standard output and "
          f"{counts['stderr']} on standard error")
    return 1 if problems else 0


sys.exit(main())
