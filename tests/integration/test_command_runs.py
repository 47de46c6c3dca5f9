"""A command's run over its life: named, begun, gone on with, looked at, stopped, listed."""

import json
import os
import pathlib
import re
import signal
import subprocess

import pytest

import jobs
from conftest import end_of, read_until, run_program, running

MARK = re.compile(r"=== dplaunch: attempt (\d+)(, restart \d+)?, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d ===")


@pytest.fixture
def dplaunch_in(dplaunch, tmp_path):
    """Runs the launcher in an empty folder."""
    return lambda *words, **options: run_program(
        [dplaunch, *words], **{"cwd": tmp_path, **options}
    )


def job(name, script, *options, device="cpu:1"):
    return ["--device", device, "--name", name, *options, "--", "sh", "-c", script]


def lines_of(folder, rank=0):
    """With each mark of an attempt as ("2", "") or ("2", ", restart 1")."""
    lines = (folder / f"rank-{rank}.log").read_text().splitlines()
    return [found.groups(default="") if (found := MARK.fullmatch(line)) else line for line in lines]


def files_below(folder):
    return {path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes())
            for path in sorted(folder.rglob("*"))}


def status_of(dplaunch_in, name):
    said = dplaunch_in("status", name, "--json")
    assert said.code == 0, said.output
    return json.loads(said.stdout)


# --- going on -------------------------------------------------------------------------------------


def test_a_command_is_found_again_whatever_its_bytes_are(dplaunch_in, tmp_path):
    line = ["--device", "cpu:1", "--resume", "--", "sh", "-c", os.fsdecode(b"echo \xe9")]
    for _ in range(2):
        assert dplaunch_in(*line).code == 0
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_secrets_of_a_command_line_are_kept_nowhere(dplaunch_in, tmp_path):
    """The command gets them as they are; its run is found again, also with another token."""
    # Leaves a process, whose command line is shown.
    script = 'test "$HF_TOKEN$2$3" = "$EXPECTED" || exit 9; sh -c "sleep 100; :" sh "$@" &'
    for token in ("xyzzy-1", "xyzzy-2"):
        words = ["sh", "-c", script, "sh", "--api-token", token, "--password=xyzzy-3", "--lr", "0.5"]
        line = ["--device", "cpu:1", "--resume", "--", "env", "HF_TOKEN=xyzzy-4", *words]
        run = dplaunch_in(*line, env={"EXPECTED": f"xyzzy-4{token}--password=xyzzy-3"})
        assert run.code == 0, run.output
    (folder,) = (tmp_path / "runs").iterdir()
    status = dplaunch_in("status", folder.name), dplaunch_in("status", folder.name, "--json")
    for said in (run, *status):
        assert "HF_TOKEN=***" in said.output and "--lr" in said.output
        assert "xyzzy" not in said.output
    assert "xyzzy" not in "".join(each.read_text() for each in folder.rglob("*") if each.is_file())


def test_the_same_line_again_appends_an_attempt(dplaunch_in, tmp_path):
    line = job("a", "printf one; exit 3", "--resume")
    first = dplaunch_in(*line)
    assert first.code == 3
    assert "runs/a: no such run yet; starting a new one" in first.stderr
    folder = tmp_path / "runs" / "a"
    assert lines_of(folder) == ["one"]
    again = dplaunch_in(*line)
    assert again.code == 3
    assert "run        ./runs/a (resumed)" in again.stderr
    assert lines_of(folder) == ["one", ("2", ""), "one"]
    restarted = dplaunch_in(*job("a", "printf one; exit 3", "--resume=runs/a/", "--max-restarts=1"))
    assert restarted.code == 3
    assert lines_of(folder) == ["one", ("2", ""), "one", ("3", ""), "one", ("3", ", restart 1"), "one"]
    assert json.loads((folder / "launch.json").read_text())["attempt"] == 3
    assert status_of(dplaunch_in, "a")["attempt"] == 3


def test_without_resume_the_sentence_says_what_works(dplaunch_in, tmp_path):
    assert dplaunch_in(*job("a", "echo one")).code == 0
    before = files_below(tmp_path / "runs")
    refused = dplaunch_in(*job("a", "echo two"))
    assert refused.code == 2
    assert "./runs/a: this run exists\n  hint: --resume goes on with it, or" in refused.stderr
    assert files_below(tmp_path / "runs") == before
    assert dplaunch_in(*job("a", "echo two", "--resume")).code == 0


def test_resume_alone_takes_the_newest_run_of_the_same_command(dplaunch_in, tmp_path):
    command = ["--device", "cpu:1", "--resume", "--", "sh", "-c", "echo mine"]
    assert "no run below ./runs is of this command yet" in dplaunch_in(*command).stderr
    assert dplaunch_in(*job("other", "echo other")).code == 0
    assert dplaunch_in(*command).code == 0
    (mine,) = [path for path in (tmp_path / "runs").iterdir() if path.name != "other"]
    assert lines_of(mine) == ["mine", ("2", ""), "mine"]
    assert lines_of(tmp_path / "runs" / "other") == ["other"]


def test_a_start_that_came_to_nothing_is_no_obstacle(dplaunch_in, tmp_path):
    (tmp_path / "runs" / "empty").mkdir(parents=True)
    torn = tmp_path / "runs" / "torn"
    torn.mkdir()
    (torn / "launch.json").write_text('{"host": ')
    for name in ("empty", "torn"):
        assert dplaunch_in(*job(name, "echo one", "--resume")).code == 0, name
    assert status_of(dplaunch_in, "torn")["attempt"] == 2


def test_a_refused_resume_changes_nothing(dplaunch, dplaunch_in, tmp_path):
    training = tmp_path / "runs" / "training"
    training.mkdir(parents=True)
    (training / "config.resolved.yml").write_text("epochs: 1\n")
    (training / "launch.json").write_text('{"ranks": []}')
    (tmp_path / "runs" / "photos").mkdir()
    (tmp_path / "runs" / "photos" / "cat.jpg").write_text("x")
    assert dplaunch_in(*job("a", "echo one")).code == 0
    before = files_below(tmp_path / "runs")
    for name, reason in {
        "training": "./runs/training is the run of a training",
        "photos": "./runs/photos is not a run: it has no launch.json",
    }.items():
        refused = dplaunch_in(*job(name, "echo one", "--resume"))
        assert refused.code == 2
        assert f"--resume: {reason}" in refused.stderr
        exists = dplaunch_in(*job(name, "echo one"))
        assert exists.code == 2
        assert "--resume goes on" not in exists.stderr
    trainer = dplaunch_in("--device", "cpu:1", "--resume=a")
    assert trainer.code == 2
    assert "runs/a is the run of a command" in trainer.stderr
    assert files_below(tmp_path / "runs") == before


def test_a_run_that_goes_on_cannot_be_resumed_beside_it(dplaunch, dplaunch_in, tmp_path):
    os.mkfifo(tmp_path / "end")
    with running([dplaunch, *job("a", "echo up; cat end", "-q")], cwd=tmp_path) as process:
        read_until(process, "up")
        before = files_below(tmp_path / "runs")
        refused = dplaunch_in(*job("a", "echo two", "--resume"))
        assert refused.code == 2
        assert "another dplaunch is running in this folder" in refused.stderr
        assert files_below(tmp_path / "runs") == before
        (tmp_path / "end").write_text("")
        assert end_of(process).code == 0


# --- its name -------------------------------------------------------------------------------------

NAMES = {
    "python3 train.py --lr 0.1": "train",
    "python3 -m pkg.train --script x.py": "train",
    "python3 -u -W ignore -m pkg.tool.__main__": "tool",
    "python3 -c pass": "python3",
    "python3 -um json.tool": "tool",
    "python3 -m torch.distributed.run --nproc_per_node 2 train.py": "train",
    "python3 -m pdb -c continue debugged.py": "debugged",
    "bash x.sh a.py": "x",
    "bash -e -o pipefail x.sh": "x",
    "sh -c 'exec y.py'": "sh",
    "env -u A B=1 C=2 python3 train.py": "train",
    "env A=1 true": "true",
    "nice -n 5 timeout -k 3 60 env A=1 bash x.sh": "x",
    "nohup sleep 0": "sleep",
    "accelerate launch --num_processes 2 --config a.yaml train.py --x y.py": "train",
    "accelerate launch -m pkg.train": "train",
    "uv run --with rich python3 train.py": "train",
    "./tools/bench.sh": "bench",
    "true": "true",
}


def test_a_run_is_called_after_its_script_or_module(dplaunch_in, tmp_path):
    for program in ("accelerate", "uv", "tools/bench.sh"):
        (tmp_path / program).parent.mkdir(exist_ok=True)
        (tmp_path / program).write_text("#!/bin/sh\n")
        (tmp_path / program).chmod(0o755)
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    found = {}
    for command in NAMES:
        words = subprocess.run(["sh", "-c", f"printf '%s\\0' {command}"], capture_output=True).stdout
        said = dplaunch_in("--device", "cpu:1", "--dry-run", "--", *words.decode().split("\0")[:-1],
                           env=path)
        found[command] = re.search(r"\./runs/(.*)-\d{8}-\d{6}", said.stdout).group(1)
    assert found == NAMES


# --- looking at it --------------------------------------------------------------------------------


def await_state(pid, states):
    """No event tells of it."""
    while pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in states:
        pass


def test_status_shows_what_a_command_is_at(dplaunch, dplaunch_in, tmp_path):
    os.mkfifo(tmp_path / "end")
    script = "sleep 1000 & printf 'step 1\\rstep 2 of %s\\n' $RANK; read _ < end"
    with running([dplaunch, *job("a", script, "-q", device="cpu:2")], cwd=tmp_path) as process:
        read_until(process, "step 2")
        read_until(process, "step 2")
        pids = jobs.workers_of(process.pid)
        os.kill(pids[1], signal.SIGSTOP)
        await_state(pids[1], "T")
        status = status_of(dplaunch_in, "a")
        assert (status["kind"], status["state"], status["attempt"]) == ("command", "running", 1)
        assert status["command"][-2:] == ["-c", script]
        assert [rank["pid"] for rank in status["ranks"]] == list(pids.values())
        assert [rank["suspended"] for rank in status["ranks"]] == [False, True]
        for rank in status["ranks"]:
            assert rank["processes"] == 2  # with its sleep
            assert rank["memory_bytes"] > 0
            assert rank["cpu_percent"] >= 0
            assert rank["last_output"] == f"step 2 of {rank['rank']}"
            assert abs(rank["last_output_unix"] - os.stat(tmp_path / "runs/a/rank-0.log").st_mtime) < 60
        shown = dplaunch_in("status", "a").stdout
        assert re.search(rf"^command     \S*sh -c ", shown, re.MULTILINE), shown
        line = rf"^\[1\]  pid {pids[1]}  suspended +cpu +\d+%  .* 2 processes  \d+:\d\d ago: step 2 of 1$"
        assert re.search(line, shown, re.MULTILINE), shown
        assert "progress" not in shown and "checkpoint" not in shown
        stopped = dplaunch_in("stop", "a")
        assert stopped.code == 0, stopped.output
        assert "for its processes to end" in stopped.stdout
        assert "--resume=./runs/a before its --" in stopped.stdout
        assert "checkpoint" not in stopped.stdout and "step" not in stopped.stdout
        assert end_of(process).code == 143
    shown = dplaunch_in("status", "a").stdout
    assert re.search(r"^\[0\]  killed by SIGTERM  \d+:\d\d ago: step 2 of 0$", shown, re.MULTILINE), shown
    assert [rank["signal"] for rank in status_of(dplaunch_in, "a")["ranks"]] == [15, 15]


def test_the_records_of_a_failure_say_the_same_everywhere(dplaunch_in, tmp_path):
    script = tmp_path / "bad.py"
    script.write_text(
        "import os, time\n"
        "if os.environ['RANK'] == '1':\n    raise ValueError('bad label 7')\n"
        "time.sleep(600)\n"
    )
    assert dplaunch_in("--device", "cpu:2", "--name", "a", "--", "python3", script).code == 1
    job = json.loads((tmp_path / "runs/a/summary.json").read_text())["job"]
    cause = job["root_cause"]
    assert (cause["rank"], cause["exit_code"], cause["signal"]) == (1, 1, None)
    assert (cause["end"], cause["message"]) == ("exit code 1", "ValueError: bad label 7")
    assert [(end["rank"], end["exit_code"], end["signal"]) for end in job["ranks"]] == [(0, 143, 15), (1, 1, 0)]
    status = status_of(dplaunch_in, "a")
    assert status["job"]["root_cause"] == cause
    assert [(rank["exit_code"], rank["signal"]) for rank in status["ranks"]] == [(143, 15), (1, None)]
    assert "ValueError: bad label 7" in dplaunch_in("runs").stdout
    logs = dplaunch_in("logs", "a")
    assert "rank 1 (cpu): ValueError: bad label 7; its log: dplaunch logs --rank 1 ./runs/a\n" in logs.stderr
    assert "its log" not in dplaunch_in("logs", "a", "--rank", "0").stderr
    assert "its log" not in dplaunch_in("logs", "a", "--rank", "1").stderr


def test_the_line_between_two_attempts_is_no_output(dplaunch_in, tmp_path):
    assert dplaunch_in(*job("a", "echo one")).code == 0
    assert dplaunch_in(*job("a", "[ $TORCHELASTIC_RESTART_COUNT = 1 ]", "--resume", "--max-restarts=1")).code == 0
    assert [rank["last_output"] for rank in status_of(dplaunch_in, "a")["ranks"]] == ["one"]


def test_a_number_that_another_process_has_by_now_is_not_shown(dplaunch_in, tmp_path):
    assert dplaunch_in(*job("a", "exit 4")).code == 4
    (tmp_path / "runs" / "a" / "pids.json").write_text(json.dumps({"0": os.getpid()}))
    (rank,) = status_of(dplaunch_in, "a")["ranks"]
    assert (rank["pid"], rank["exit_code"], rank["last_output"]) == (None, 4, None)
    assert re.search(r"^\[0\]  exit code 4  no output$", dplaunch_in("status", "a").stdout, re.MULTILINE)


def test_runs_are_listed_with_state_result_and_size(dplaunch, dplaunch_in, tmp_path):
    none = dplaunch_in("runs")
    assert none.code == 1
    assert "./runs: no such folder" in none.stderr
    assert dplaunch_in(*job("good", "echo hello")).code == 0
    assert dplaunch_in(*job("bad", "echo alas >&2; exit 9")).code == 9
    (tmp_path / "runs" / "good" / "model.bin").write_bytes(b"x" * 3_000_000)
    broken = tmp_path / "runs" / "torn\x1b[31m"
    broken.mkdir()
    (broken / "launch.json").write_text("{")
    os.mkfifo(broken / "fifo")
    os.mkfifo(tmp_path / "end")
    with running([dplaunch, *job("up", "echo up; cat end", "-q")], cwd=tmp_path) as process:
        read_until(process, "up")
        said = dplaunch_in("runs", "--json")
        assert said.code == 0, said.output
        shown = dplaunch_in("runs", tmp_path / "runs")
        (tmp_path / "end").write_text("")
        assert end_of(process).code == 0
    runs = {pathlib.Path(run["run"]).name: run for run in json.loads(said.stdout)["runs"]}
    assert {name: run["state"] for name, run in runs.items()} == {
        "up": "running", "bad": "failed", "good": "finished", broken.name: "unreadable"}
    assert (runs["good"]["exit_code"], runs["bad"]["exit_code"], runs["up"]["exit_code"]) == (0, 9, None)
    assert 3_000_000 < runs["good"]["size_bytes"] < 3_100_000
    assert "launch.json" in runs[broken.name]["problem"]
    lines = shown.stdout.splitlines()
    assert lines[0].split() == ["RUN", "STATE", "STARTED", "TOOK", "SIZE", "RESULT"]
    assert any(re.match(r"good +finished +\d+:\d\d ago +0:\d\d  2\.9 MiB$", line) for line in lines), lines
    assert any(re.match(r"bad +failed .* exit code 9, rank 0 \(cpu\)", line) for line in lines), lines
    assert "\x1b" not in shown.stdout


# --- fewer words, no folder -----------------------------------------------------------------------


def test_quiet_leaves_warnings_errors_and_the_ranks_output(dplaunch_in, tmp_path):
    good = dplaunch_in(*job("good", "echo out; echo err >&2", "--quiet"))
    assert (good.code, good.stdout, good.stderr) == (0, "out\n", "err\n")
    bad = dplaunch_in(*job("bad", "exit $((5 + RANK))", "-q", "--max-restarts", "1", device="cpu:1"))
    assert bad.code == 5
    assert bad.stdout == ""
    assert all(line.startswith(("dplaunch: error: rank 0 ", "  ")) for line in bad.stderr.splitlines())
    assert bad.stderr.count("dplaunch: error: ") == 2


def test_without_a_folder_a_command_runs_where_nothing_can_be_written(dplaunch_in):
    script = "echo $RANK; test -z \"$DPLAUNCH_RUN_DIR$TORCHELASTIC_ERROR_FILE\" && exit 3"
    where = "/proc"  # refuses even root
    refused = dplaunch_in("--device", "cpu:2", "--", "sh", "-c", script, cwd=where)
    assert refused.code == 7
    assert "or run without one: --log-dir none" in refused.stderr
    said = dplaunch_in("--device", "cpu:2", "--log-dir", "none", "--", "sh", "-c", script, cwd=where)
    assert said.code == 3, said.output
    assert "run        " not in said.stderr and "log:" not in said.stderr
    assert set(said.stdout.splitlines()) <= {"[0] 0", "[1] 1"}
    assert re.search(r"^dplaunch: error: rank \d \(cpu, pid \d+\) failed: exit code 3", said.stderr,
                     re.MULTILINE)


def test_what_contradicts_having_no_folder_is_refused(dplaunch_in, tmp_path):
    for words in (["--name", "a"], ["--resume"]):
        refused = dplaunch_in("--device", "cpu:1", "--log-dir", "none", *words, "--", "true")
        assert refused.code == 2
        assert f"{words[0]} names a run's folder" in refused.stderr
    trainer = dplaunch_in("--device", "cpu:1", "--log-dir", "none")
    assert trainer.code == 2
    assert "--log-dir none is for a command" in trainer.stderr
    assert dplaunch_in("--device", "cpu:1", "--log-dir", "./none", "--", "true").code == 0
    assert (tmp_path / "none").is_dir()


def test_a_removed_working_folder_is_named(dplaunch, dplaunch_in, tmp_path):
    for words in ("--device cpu:1 -- true", "status", "runs", "--device cpu:1 --set epochs=1"):
        script = f"mkdir gone; cd gone; rmdir ../gone; exec {dplaunch} {words}"
        said = run_program(["sh", "-c", script], cwd=tmp_path)
        assert said.code == 7, said.output
        assert "the folder that this shell works in has been removed" in said.stderr, words
    script = f"mkdir gone; cd gone; rmdir ../gone; exec {dplaunch} --device cpu:1 --log-dir none -- true"
    assert run_program(["sh", "-c", script], cwd=tmp_path).code == 0


# --- cores ----------------------------------------------------------------------------------------


def test_where_a_core_went_is_said(dplaunch_in, tmp_path):
    script = "ulimit -c unlimited 2>/dev/null; kill -SEGV $$"
    pid = os.posix_spawn("/bin/sh", ["sh", "-c", f"cd {tmp_path}; {script}"], dict(os.environ))
    dumps = os.WCOREDUMP(os.waitpid(pid, 0)[1])  # what this kernel does
    said = dplaunch_in(*job("a", script))
    assert said.code == 139
    assert ("\n  core: " in said.stderr) == dumps, said.stderr
    core = json.loads((tmp_path / "runs/a/summary.json").read_text())["job"]["root_cause"]["core"]
    assert (core is not None) == dumps
    pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text().strip()
    if dumps and pattern in ("core", "core.%p"):
        assert pathlib.Path(core.split(",")[0]).is_file()
