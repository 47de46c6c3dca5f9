"""dplaunch top: the runs of a user, of real jobs, in a real terminal."""

import json
import os
import signal
import sys
import termios

from conftest import binary, read_until, running
from terminals import in_terminal  # noqa: F401

ECHO = termios.ECHO | termios.ICANON | termios.ISIG
WAITS = "echo from $RANK; exec sleep 600"


def rows(launch, folder, **options):
    said = launch("top", "--json", **options)
    assert said.code == 0, said.output
    return [run for run in json.loads(said.stdout)["runs"] if run["run"].startswith(str(folder))]


def test_what_runs_is_listed_with_what_it_uses(job_command, launch, dplaunch, tmp_path):
    training, folder = job_command("job", epochs=1000, limit_train=160, limit_test=40, log_every=1)
    command = [dplaunch, "--device", "cpu:2", "--log-dir", tmp_path / "runs", "--name", "waits"]
    with running(training) as trains, running([*command, "--", "sh", "-c", WAITS]) as waits:
        read_until(trains, "epoch 2/1000  train loss")
        read_until(waits, "from 1")
        of_training, of_command = sorted(rows(launch, tmp_path), key=lambda run: run["run"])
        assert of_training["run"] == str(folder)
        assert of_training["state"] == of_command["state"] == "running"
        assert of_training["ranks"] == of_command["ranks"] == 2
        assert of_training["progress"].startswith("epoch ")
        assert of_training["seconds_left"] > 0
        assert of_training["memory_bytes"] > of_command["memory_bytes"] > 0
        assert of_training["cpu_percent"] > 0
        assert of_command["newest"] in ("from 0", "from 1")
        assert of_command["progress"] is None
        # Nobody else sees them.
        assert rows(launch, tmp_path, user=65534, env={**os.environ, "HOME": "/"}) == []
    assert rows(launch, tmp_path) == []


def test_keys_show_a_log_and_stop_a_run(in_terminal, dplaunch, tmp_path):  # noqa: F811
    """In a process namespace of its own, where no other test's runs are."""
    job = f"{dplaunch} --device cpu:2 --log-dir runs --name"
    script = (
        f"{job} first -- sh -c '{WAITS}' >/dev/null 2>&1 &\n"
        "until [ -s runs/first/rank-1.log ]; do sleep 0.01; done\n"
        f"{job} second -- sh -c '{WAITS}' >/dev/null 2>&1 &\n"
        "until [ -s runs/second/rank-1.log ]; do sleep 0.01; done\n"
        f"{dplaunch} top\n"
        'echo "left $?"\n'
    )
    alone = ["--fork", "--pid", "--mount-proc", "sh", "-c", script]
    terminal = in_terminal(*alone, program="/usr/bin/unshare")
    terminal.await_text("second")
    terminal.await_text("s stop")
    terminal.type("\x1b[B")
    terminal.await_text("> \x1b[7msecond")
    terminal.type("l")
    terminal.await_text("rank 0 of runs/second")
    terminal.await_text("from 0")
    terminal.type("\x1b[C")
    terminal.await_text("rank 1 of runs/second")
    terminal.await_text("from 1")
    terminal.type("q")
    terminal.type("t")
    terminal.await_text("STACK, FROM OUTSIDE INWARDS")
    terminal.type("q")
    terminal.type("s")
    terminal.await_text("stop it")
    terminal.type("y")
    terminal.await_text("asked to stop")
    terminal.await_text("stopped")
    terminal.type("s")
    terminal.await_text("that run has ended")
    terminal.type("q")
    terminal.await_text("left 0")
    assert termios.tcgetattr(terminal.master)[3] & ECHO == ECHO
    assert terminal.end() == 0


def test_a_signal_leaves_the_terminal_as_it_was(in_terminal):  # noqa: F811
    terminal = in_terminal("top")
    terminal.await_text("of yours on")
    assert termios.tcgetattr(terminal.master)[3] & ECHO == 0
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.end() == 128 + signal.SIGTERM
    assert termios.tcgetattr(terminal.master)[3] & ECHO == ECHO


def test_ctrl_c_and_ctrl_z_are_no_trap(in_terminal):  # noqa: F811
    """Suspended it leaves the terminal to the shell; when it goes on it has the keys again."""
    shell = (
        "import os, signal, sys, termios\n"
        "pid = os.fork()\n"
        "if pid == 0: os.execv(sys.argv[1], ['dplaunch', 'top'])\n"
        "os.waitpid(pid, os.WUNTRACED)\n"
        "print('suspended', bool(termios.tcgetattr(0)[3] & termios.ECHO), flush=True)\n"
        "os.kill(pid, signal.SIGCONT)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    terminal = in_terminal("-c", shell, binary("dplaunch"), program=sys.executable)
    terminal.await_text("of yours on")
    terminal.type("\x1a")
    terminal.await_text("suspended True")
    terminal.shown = terminal.shown.split("suspended True")[1]
    terminal.await_text("of yours on")
    terminal.type("\x03")
    assert terminal.end() == 0
