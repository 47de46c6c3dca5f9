"""What becomes of a command's output: under a plain environment, with readers that are slow, stop or leave."""

import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import time

import pytest

import jobs
from conftest import repetitions, run_program

PLAIN = ["env", "-i", f"PATH={os.environ['PATH']}", f"HOME={os.environ.get('HOME', '/')}"]
PYTHON = [sys.executable, "-S", "-E"]


@pytest.fixture
def plainly(dplaunch, tmp_path):
    """Runs the launcher in an empty folder, with an environment that is nobody's."""

    def run(*words, variables=(), **options):
        return run_program([*PLAIN, *variables, dplaunch, *words], cwd=tmp_path, **options)

    return run


def log(folder, rank, name="job"):
    return (folder / "runs" / name / f"rank-{rank}.log").read_bytes()


KILLED_SCRIPT = """
import os
for i in range(4): print("line", i)
print(os.environ.get("PYTHONUNBUFFERED"), os.isatty(1), os.isatty(2))
os.kill(os.getpid(), 9)
"""


def test_what_python_printed_before_it_was_killed_is_there(plainly, tmp_path):
    command = ["--", sys.executable, "-c", KILLED_SCRIPT]
    result = plainly("--device", "cpu:1", "--name", "job", *command)
    assert result.code == 128 + signal.SIGKILL
    assert result.stdout == "line 0\nline 1\nline 2\nline 3\n1 False False\n"
    assert log(tmp_path, 0).decode() == result.stdout


def test_a_buffer_that_the_user_wants_is_left_and_a_terminal_does_without(plainly, tmp_path):
    def run(name, *words):
        command = ["--device", "cpu:1", "--name", name, *words, "--", sys.executable, "-c", KILLED_SCRIPT]
        return plainly(*command, variables=["PYTHONUNBUFFERED="]).stdout

    assert run("buffered") == ""
    assert run("terminal", "--pty") == "line 0\nline 1\nline 2\nline 3\n True True\n"
    assert log(tmp_path, 0, "terminal").decode().endswith("True True\n")


def test_pty_is_refused_for_the_trainer(plainly):
    result = plainly("--pty", "--device", "cpu:1")
    assert result.code == 2
    assert "--pty is for a command" in result.stderr


def test_a_traceback_appears_once_and_an_old_warning_is_no_cause(plainly, tmp_path):
    script = tmp_path / "broken.py"
    script.write_text(
        "import os, sys, time\n"
        "print(\"WARNING: no apex: ModuleNotFoundError: No module named 'apex'\", file=sys.stderr)\n"
        "if os.environ['RANK'] == '0': time.sleep(60)\n"
        "raise ValueError('bad label 123')\n"
    )
    result = plainly("--device", "cpu:2", "--", sys.executable, script)
    assert result.code == 1
    assert result.output.count("Traceback (most recent call last)") == 1
    assert result.output.count("    raise ValueError") == 1
    report = result.stderr[result.stderr.index("dplaunch: error:") :]
    assert "\n  ValueError: bad label 123\n" in report
    assert f'\n  in File "{script}", line 4, in <module>\n' in report
    assert "likely:" not in result.output


def test_a_reader_that_waits_is_no_stall(dplaunch, tmp_path):
    words = ["--device", "cpu:2", "--stall-timeout", "0.3", "--on-stall", "stop", "--", "seq", "1000000"]
    process = jobs.start([*PLAIN, dplaunch, *words], cwd=tmp_path, stderr=subprocess.PIPE)
    try:
        time.sleep(1.5)  # longer than a stall
        output, errors = process.communicate(timeout=60)
    finally:
        jobs.stop(process)
    assert process.returncode == 0, errors
    assert "hangs" not in errors
    for rank in (0, 1):
        lines = [line[4:] for line in output.splitlines() if line.startswith(f"[{rank}] ")]
        assert lines == [str(i) for i in range(1, 1000001)]


FACTS = """
import json, os, pathlib, resource
umask = os.umask(0)
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status") if ":\\t" in line)
facts = {
    "umask": umask,
    "nice": os.nice(0),
    "blocked": status["SigBlk"],
    "descriptors": sorted(int(fd) for fd in os.listdir("/proc/self/fd"))[:-1],
    "limits": {n: resource.getrlimit(getattr(resource, n)) for n in dir(resource) if n.startswith("RLIMIT_")},
    "cwd": os.getcwd(),
    "score": open("/proc/self/oom_score_adj").read(),
    "scheduler": os.sched_getscheduler(0),
    "affinity": sorted(os.sched_getaffinity(0)),
    "leads its group": os.getpgrp() == os.getpid(),
}
pathlib.Path(os.environ["PLACE"], os.environ["RANK"] + ".json").write_text(json.dumps(facts))
"""


def test_a_rank_is_a_process_like_those_of_torchrun(dplaunch, tmp_path):
    script = tmp_path / "facts.py"
    script.write_text(FACTS)
    unusual = ["sh", "-c", 'umask 077; ulimit -c 0; ulimit -s 4096; exec 7<&0; exec nice -n 3 "$@"', "sh"]
    facts = {}
    for name, launcher in {
        "ours": [dplaunch, "--device", "cpu:2", "--"] + [sys.executable],
        "torchrun": [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"],
    }.items():
        (tmp_path / name).mkdir()
        command = [*PLAIN, f"PLACE={tmp_path / name}", *unusual, *launcher, script]
        result = run_program(command, cwd=tmp_path)
        assert result.code == 0, result.output
        facts[name] = json.loads((tmp_path / name / "1.json").read_text())
    # The limit of open files may be raised for ranks.
    for each in facts.values():
        each["limits"].pop("RLIMIT_NOFILE")
    assert facts["ours"] == facts["torchrun"]


# --- random pairs of a producer and a consumer ----------------------------------------------------

PRODUCER = """
import os, random, sys
data = memoryview(open(sys.argv[1] + os.environ["RANK"], "rb").read())
random.seed(sys.argv[2] + os.environ["RANK"])
while data:
    data = data[os.write(1, data[: random.choice([1, 100, 4096, 65536, 1 << 20])]) :]
"""


def lines(rng, size):
    alphabet = ["", "x", "a line of words", "\u20ac \u00fc \U0001f600", "y" * 300]
    text = ""
    while len(text) < min(size, 200_000):
        text += rng.choice(alphabet) + "\n"
    return text.encode() * max(1, size // 200_000)


def bars(rng, size):
    bar = b"".join(b"%3d%%\r" % i for i in range(101)) + b"\n"
    return bar * (size // len(bar)) + bar[: size % len(bar)]


PRODUCERS = {
    "lines": lines,
    "bars": bars,
    "binary": lambda rng, size: rng.randbytes(size),
    "no newline": lambda rng, size: b"z" * size,
    "long lines": lambda rng, size: (b"j" * 500_000 + b"\n") * (size // 500_000 + 1),
}


def take(process, how, rng):
    """Reads the launcher's output as a consumer of that kind; what came of it."""
    fd = process.stdout.fileno()
    taken = b""
    while piece := os.read(fd, rng.choice([1000, 65536, 1 << 20]) if how != "fast" else 1 << 20):
        taken += piece
        if how == "slow" and rng.random() < 0.02:
            time.sleep(0.01)
        if how == "stopping" and rng.random() < 0.01:
            time.sleep(0.2)
        if how == "closing" and rng.random() < 0.05:
            break
    process.stdout.close()
    return taken


def bytes_of(output, rank, is_alone):
    """What the output shows of a rank, without line feeds, of which the launcher adds some where
    ranks write within each other's lines."""
    if not is_alone:
        starts = re.finditer(rb"(?:^|(?<=[\n\r]))\[(\d)\] (?:\[\.\.\.\])?", output)
        pieces = [(match.start(), match.end(), int(match[1])) for match in starts]
        ends = [piece[0] for piece in pieces[1:]] + [len(output)]
        shown = (output[b:end] for (_, b, of), end in zip(pieces, ends) if of == rank)
        output = b"".join(piece.removesuffix(b"[...]\n") for piece in shown)
    return output.replace(b"\n", b"")


@pytest.mark.parametrize("round_number", range(repetitions(300)))
def test_no_byte_is_lost_whoever_writes_and_reads(dplaunch, tmp_path, round_number):
    rng = random.Random(round_number)
    ranks = rng.choice([1, 1, 2, 3])
    how = rng.choice(["fast", "slow", "stopping", "closing", "file"])
    kind = rng.choice(list(PRODUCERS))
    produced = [PRODUCERS[kind](rng, rng.choice([0, 100, 100_000, 3_000_000, 12_000_000 // ranks])) for _ in range(ranks)]
    if kind == "binary" and ranks > 1:  # what looks like a line's beginning would be taken for one
        produced = [data.replace(b"[", b"(") for data in produced]
    for rank, data in enumerate(produced):
        (tmp_path / f"data{rank}").write_bytes(data)
    said = f"round {round_number}: {ranks} x {kind}, reader {how}"
    command = [*PLAIN, str(dplaunch), "--device", f"cpu:{ranks}", "--name", "job", "--", *PYTHON]
    command += ["-c", PRODUCER, str(tmp_path / "data"), str(round_number)]
    out = (tmp_path / "out").open("wb") if how == "file" else subprocess.PIPE
    with (tmp_path / "err").open("wb") as err:
        process = subprocess.Popen(
            command, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True
        )
    try:
        shown = take(process, how, rng) if how != "file" else b""
        code = process.wait(timeout=120)
    finally:
        jobs.stop(process)
    assert code == 0, (said, (tmp_path / "err").read_text())
    if how == "file":
        shown = (tmp_path / "out").read_bytes()
    for rank, data in enumerate(produced):
        assert log(tmp_path, rank) == data, said
        if how == "closing":
            continue
        if ranks == 1:
            assert shown == data, said
        assert bytes_of(shown, rank, ranks == 1) == data.replace(b"\n", b""), said
