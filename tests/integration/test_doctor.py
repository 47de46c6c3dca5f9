"""The doctor with real workers: what it times is a real all-reduce."""

import json
import os
import pathlib
import re
import tempfile

from conftest import run_program


def findings(result):
    """{what: finding} of a --json report."""
    return {item["what"]: item for item in json.loads(result.stdout)["findings"]}


def test_two_processes_are_timed_and_nothing_is_left(dplaunch, data_root, tmp_path):
    before = set(pathlib.Path(tempfile.gettempdir()).glob("dplaunch-doctor-*"))
    result = run_program(
        [dplaunch, "doctor", "--json", "--device", "cpu:2", "--root", data_root], cwd=tmp_path
    )
    assert result.code == 0, result.output
    found = findings(result)["all-reduce"]
    assert found["severity"] == "ok"
    assert re.match(r"2 processes sum a ResNet-18's gradient \(44.9 MB\) in [\d.]+ ms", found["finding"])
    assert set(pathlib.Path(tempfile.gettempdir()).glob("dplaunch-doctor-*")) <= before
    assert os.listdir(tmp_path) == []


def test_a_processor_that_nobody_asked_about_is_not_timed(dplaunch, data_root):
    result = run_program([dplaunch, "doctor", "--json", "--root", data_root])
    assert "all-reduce" not in findings(result)


def test_what_breaks_it_is_said(dplaunch, data_root):
    env = {"GLOO_SOCKET_IFNAME": "no-such-interface"}
    result = run_program(
        [dplaunch, "doctor", "--json", "--device", "cpu:2", "--root", data_root], env=env
    )
    assert result.code == 1
    found = findings(result)["all-reduce"]
    assert found["severity"] == "fail"
    assert "no-such-interface" in found["finding"] or "rank" in found["finding"]


def test_what_libraries_print_is_passed_over(dplaunch, worker, data_root, tmp_path):
    """NCCL writes to standard output under NCCL_DEBUG."""
    talkative = tmp_path / "talkative-worker"
    talkative.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] || echo "NCCL version 2.28.9"\nexec "{worker}" "$@"\n'
    )
    talkative.chmod(0o755)
    result = run_program(
        [dplaunch, "doctor", "--json", "--device", "cpu:2", "--root", data_root],
        env={"DPLAUNCH_WORKER": str(talkative)},
    )
    found = findings(result)["all-reduce"]
    assert found["severity"] == "ok", found


def test_the_command_that_shows_more_works(dplaunch, data_root, tmp_path):
    env = {"GLOO_SOCKET_IFNAME": "no-such-interface"}
    words = [dplaunch, "doctor", "--json", "--device", "cpu:2", "--root", data_root]
    remedy = findings(run_program(words, env=env))["all-reduce"]["remedy"]
    command = remedy.split(" shows")[0].replace("dplaunch ", f"{dplaunch} ", 1)
    again = run_program(["sh", "-c", command], cwd=tmp_path)
    assert again.code == 0, again.output
    assert re.search(r"all_reduce +44880528 ", again.stdout)
    failed = run_program(["sh", "-c", command], cwd=tmp_path, env=env)
    assert failed.code != 0
    assert "no-such-interface" in failed.output
