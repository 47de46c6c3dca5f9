"""A start that fails says what is lacking, and is recorded as the run's end."""

import json
import os
import pathlib
import resource
import shutil
import subprocess
import tempfile

import pytest

from conftest import run_program


def limited(**limits):
    """For a program's start: soft and hard limits, by the names of `resource`."""

    def apply():
        for name, values in limits.items():
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), values)

    return apply


def status_of(launch, folder):
    return json.loads(launch("status", "--json", folder).stdout)


def test_too_few_open_files(launch, tmp_path):
    job = ["--device", "cpu:8", "--log-dir", tmp_path, "--name", "few", "--", "/bin/true"]
    result = launch(*job, preexec_fn=limited(NOFILE=(24, 24)))
    assert result.code in (1, 7), result.output  # a pipe, or a log in the run's folder
    assert "Too many open files" in result.stderr
    assert "ulimit -n: 24" in result.stderr
    state = status_of(launch, tmp_path / "few")
    assert state["state"] == "failed", state
    assert "Too many open files" in state["job"]["error"]


def test_too_few_processes(dplaunch, launch):
    # root may have any number: another user is needed then. One process is this launcher itself.
    folder = pathlib.Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o777)
        program = shutil.copy(dplaunch, folder)

        def become_a_limited_user():
            if os.getuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            limited(NPROC=(1, 1))()

        result = run_program(
            [program, "--device", "cpu:2", "--name", "few", "--", "/bin/true"],
            cwd=folder, preexec_fn=become_a_limited_user,
        )  # fmt: skip
        assert result.code == 1, result.output
        assert "no more processes or threads are allowed (ulimit -u: 1," in result.stderr
        assert status_of(launch, folder / "runs" / "few")["state"] == "failed"
    finally:
        shutil.rmtree(folder)


def test_a_program_without_its_interpreter(launch, tmp_path):
    script = tmp_path / "train.sh"
    script.write_text("#!/bin/bash\r\n")
    script.chmod(0o755)
    result = launch("--device", "cpu:2", "--log-dir", tmp_path, "--name", "windows", "--", script)
    assert result.code == 126, result.output
    assert "its lines end as on Windows" in result.stderr
    shown = launch("status", tmp_path / "windows").stdout
    assert "failed after" in shown and "exit code 126" in shown, shown
    assert f"cause       cannot run {script}" in shown
    assert "killed?" not in shown


@pytest.mark.parametrize("soft", [256, 4096])
def test_the_soft_limit_of_open_files_is_raised(launch, tmp_path, soft):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    result = launch(
        "--log-dir", tmp_path, "--device", "cpu:1", "--", "sh", "-c", "ulimit -Sn; ulimit -Hn",
        preexec_fn=limited(NOFILE=(soft, hard)),
    )  # fmt: skip
    kept = subprocess.run(["sh", "-c", "ulimit -Hn"], capture_output=True, text=True).stdout.strip()
    enough = 65536 if kept == "unlimited" else min(65536, int(kept))
    assert result.stdout.split() == [str(enough), kept], result.output
