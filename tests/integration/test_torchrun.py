"""A line written for torchrun, beside the real one."""

import json
import os
import re
import sys

import pytest

from conftest import REPOSITORY, run_program

WITHOUT_GPUS = {"DPLAUNCH_NVML_LIBRARY": "/nonexistent/nvml.so", "DPLAUNCH_ROCM_SMI_LIBRARY": "/nonexistent/smi.so"}
SCRIPT = """
import json, os, sys
path = os.path.join(sys.argv[1], os.environ["RANK"] + ".json")
json.dump({"argv": sys.argv, "env": dict(os.environ), "unbuffered": sys.stdout.write_through}, open(path, "w"))
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def ranks_of(tmp_path, dplaunch, monkeypatch):
    """ranks_of("torchrun", ...): what each rank saw."""

    def run(launcher, *words):
        out = tmp_path / launcher
        out.mkdir()
        start = [dplaunch, "torchrun"]
        if launcher == "torchrun":
            start = [sys.executable, "-m", "torch.distributed.run"]
        # PWD: a shell, which puts ${local_rank} in, would mend it.
        environment = {**WITHOUT_GPUS, "PYTHON_EXEC": sys.executable, "PWD": str(tmp_path)}
        for name in ("PYTHONUNBUFFERED", "OMP_NUM_THREADS"):
            monkeypatch.delenv(name, raising=False)
        line = [out if word == "OUT" else word for word in words]
        result = run_program([*start, *line], env=environment, cwd=tmp_path)
        assert result.code == 0, result.output
        return [json.loads((out / f"{rank}.json").read_text()) for rank in range(2)]

    return run


def listed_differences():
    """The names in the page's table of variables."""
    page = (REPOSITORY / "docs/from-torchrun.md").read_text()
    table = page.split("### The ranks' variables\n")[1].split("\n#")[0]
    names = [re.findall(r"`([A-Z_*]+)`", row.split("|")[1]) for row in table.splitlines() if row.startswith("|")]
    return {name for row in names for name in row}


def test_ranks_get_what_torchrun_gives_them(ranks_of, script):
    line = ["--standalone", "--nproc_per_node=2", "--max-restarts", 3, script, "OUT"]
    line += ["--name", "out-${local_rank}", "it's"]
    theirs, ours = (ranks_of(launcher, *line) for launcher in ("torchrun", "dplaunch"))
    for rank in range(2):
        of, have = theirs[rank]["env"], ours[rank]["env"]
        differing = {name for name in of.keys() | have.keys() if of.get(name) != have.get(name)}
        # On two cores the share of a process is torchrun's one thread.
        differing.add("OMP_NUM_THREADS")
        assert {re.sub("DPLAUNCH_.*", "DPLAUNCH_*", name) for name in differing} == listed_differences()
        assert ours[rank]["argv"][2:] == theirs[rank]["argv"][2:] == ["--name", f"out-{rank}", "it's"]
        assert ours[rank]["unbuffered"] == theirs[rank]["unbuffered"]


def test_what_has_no_effect_is_said_and_a_failure_is_the_scripts(launch, tmp_path):
    words = ["torchrun", "--nproc-per-node", 2, "--monitor-interval", 5, "--no-python"]
    end = launch(*words, "sh", "-c", "exit $((RANK + 3))", cwd=tmp_path)
    assert "dplaunch: note: --monitor-interval 5: without effect" in end.stderr
    assert end.code in (3, 4), end.output


def test_help_and_mistakes(launch):
    text = launch("torchrun", "--help").stdout
    for name in ("--nnodes N", "-m,--module", "-t,--tee STREAMS", "--virtual-local-rank"):
        assert name in text
    end = launch("torchrun", "--nproc-per-nod", 2)
    assert end.code == 2 and "torchrun: no script" in end.output
    assert launch("torchrun", "--rdzv-backend", "etcd-v2", "x.py").code == 2


def test_a_system_without_a_program_called_python(launch, script, tmp_path):
    """As Debian's: there is a python3 alone."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "python3").symlink_to(sys.executable)
    words = ["torchrun", "--log-dir", "none", script, tmp_path]
    end = launch(*words, env={**os.environ, "PATH": str(programs)}, cwd=tmp_path)
    assert end.code == 0, end.output
    assert (tmp_path / "0.json").exists()
