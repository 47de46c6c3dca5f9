"""Standard input and terminal of a command's ranks, on a real terminal (a pty)."""

import os
import re
import sys

import pytest

from conftest import run_program
from terminals import in_terminal  # noqa: F401

def test_a_pipe_reaches_rank_0_alone(launch, tmp_path):
    words = ["--log-dir", tmp_path, "--device", "cpu:2", "--", "sh", "-c", 'echo "$RANK:$(cat)"']
    for choice, expected in {
        (): ["[0] 0:some words", "[1] 1:"],
        ("--stdin", "none"): ["[0] 0:", "[1] 1:"],
    }.items():
        read_end, write_end = os.pipe()
        os.write(write_end, b"some words\n")
        os.close(write_end)
        result = launch(*choice, *words, stdin=read_end)
        os.close(read_end)
        assert sorted(result.stdout.splitlines()) == expected, result.output


def test_all_ranks_share_the_input(launch, tmp_path):
    read_end, write_end = os.pipe()
    os.write(write_end, b"x\n")
    os.close(write_end)
    words = ["--log-dir", tmp_path, "--device", "cpu:2", "--stdin", "all"]
    result = launch(*words, "--", "sh", "-c", "cat", stdin=read_end)
    os.close(read_end)
    assert re.fullmatch(r"\[[01]\] x\n", result.stdout), result.output


def test_the_trainer_has_no_input(launch):
    result = launch("--stdin", "0")
    assert result.code == 2 and "--stdin is for a command" in result.stderr
    result = launch("--stdin", "1", "--", "true")
    assert result.code == 2 and '--stdin "1": not a choice of ranks' in result.stderr


@pytest.mark.parametrize("source", ["/dev/stdin", "/dev/tty"])
def test_rank_0_reads_from_the_terminal(in_terminal, source):
    script = f'[ $RANK = 1 ] && exit 0; echo ready-$RANK; read line < {source}; echo "got <$line>"'
    terminal = in_terminal("--device", "cpu:2", "--", "sh", "-c", script)
    terminal.await_text("ready-0")
    terminal.type("hello\n")
    terminal.await_text("got <hello>")
    assert terminal.end() == 0


def test_a_breakpoint_stops_in_the_debugger(in_terminal, tmp_path):
    script = tmp_path / "train.py"
    script.write_text("answer = 42\nbreakpoint()\nprint('went on')\n")
    terminal = in_terminal("--device", "cpu:1", "--", sys.executable, "-u", script)
    terminal.await_text("train.py")
    terminal.type("p 'it is %d' % answer\n")
    terminal.await_text("it is 42")
    terminal.type("c\n")
    terminal.await_text("went on")
    assert terminal.end() == 0


def test_a_question_of_one_of_several_ranks_is_seen_before_the_answer(in_terminal, tmp_path):
    script = tmp_path / "ask.py"
    script.write_text(
        "import os, time\n"
        "if os.environ['RANK'] == '0': print('got', input('which one? '))\n"
        "else: time.sleep(600)\n"
    )
    terminal = in_terminal("--nproc-per-node", "2", "--", sys.executable, script)
    terminal.await_text("[0] which one? ")
    terminal.type("this\n")
    terminal.await_text("got this")
    terminal.type("\x03")
    assert terminal.end() == 130


def test_a_password_is_asked_for_without_echo(in_terminal, tmp_path):
    script = tmp_path / "ask.py"
    script.write_text(
        "import getpass\npassword = getpass.getpass('tell me: ')\nprint('length', len(password))\n"
    )
    terminal = in_terminal("--device", "cpu:1", "--", sys.executable, "-u", script)
    terminal.await_text("tell me: ")
    terminal.type("secret\n")
    terminal.await_text("length 6")
    assert "secret" not in terminal.shown
    assert terminal.end() == 0


def test_ctrl_c_stops_the_job_although_a_rank_has_the_terminal(in_terminal):
    # What is awaited is not in the command's text, which is shown too.
    script = "trap '' INT; [ $RANK = 1 ] && sleep 1000; read line; echo got-$line; sleep 1000"
    words = ["--device", "cpu:2", "--grace", "0.1", "--name", "a", "--", "sh", "-c", script]
    terminal = in_terminal(*words)
    terminal.type("it\n")
    terminal.await_text("got-it")  # rank 0 has the terminal now
    terminal.type("\x03")
    terminal.await_text("SIGINT: stopping 2 ranks")
    assert terminal.end() == 130


def test_ctrl_c_in_a_read_is_no_failure_of_the_rank(in_terminal):
    script = "echo ready-$RANK; read line; exit 7"
    terminal = in_terminal("--device", "cpu:1", "--name", "a", "--", "sh", "-c", script)
    terminal.await_text("ready-0")
    terminal.type("x")  # no line yet: it is still read
    terminal.type("\x03")
    assert terminal.end() == 130, terminal.shown
    assert "error: rank" not in terminal.shown


def test_a_rank_that_may_not_have_the_terminal_is_named(in_terminal):
    script = '[ $RANK = 0 ] && sleep 1000; read line < /dev/tty'
    terminal = in_terminal("--device", "cpu:2", "--grace", "0.1", "--", "sh", "-c", script)
    terminal.await_text("waits for the terminal, which is rank 0's alone (--stdin)")
    assert re.search(r"warning: rank 1 \(pid \d+\) waits", terminal.shown)
    terminal.type("\x03")
    assert terminal.end() == 130


def test_a_job_in_the_background_waits_for_the_foreground(in_terminal, dplaunch):
    # As in a shell without job control's help: the launcher's group is not the terminal's.
    shell = (
        "import os, subprocess, sys\n"
        "job = subprocess.Popen(sys.argv[1:], stderr=subprocess.PIPE, text=True, process_group=0)\n"
        "line = next(line for line in job.stderr if 'bring dplaunch to the foreground' in line)\n"
        "print(line, flush=True)\n"
        "os.tcsetpgrp(0, job.pid)\n"
        "sys.exit(job.wait())\n"
    )
    command = ["--device", "cpu:1", "--", "sh", "-c", 'read line; echo "got <$line>"']
    terminal = in_terminal("-c", shell, dplaunch, *command, program=sys.executable)
    terminal.await_text("waits for the terminal")
    terminal.type("late\n")
    terminal.await_text("got <late>")
    assert terminal.end() == 0


def test_a_stopped_rank_is_named(dplaunch, tmp_path):
    script = 'echo $$; kill -STOP $$; echo on'
    words = [dplaunch, "--log-dir", tmp_path, "--device", "cpu:1", "--", "sh", "-c", script]
    # Whoever reads the advice follows it.
    reader = (
        "import os, re, signal, subprocess, sys\n"
        "job = subprocess.Popen(sys.argv[1:], stderr=subprocess.PIPE, text=True)\n"
        "for line in job.stderr:\n"
        "    advice = re.search(r'was stopped by SIGSTOP: kill -CONT (\\d+) lets it go on', line)\n"
        "    if advice: os.kill(int(advice[1]), signal.SIGCONT)\n"
        "sys.exit(job.wait())\n"
    )
    result = run_program([sys.executable, "-c", reader, *words])
    assert result.code == 0 and result.stdout.endswith("on\n"), result.output
