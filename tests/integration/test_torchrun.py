"""A line written for torchrun, beside the real one."""

import json
import os
import re
import sys

import pytest

from conftest import run_program

# What is meant to differ (docs/from-torchrun.md), and what is another one at each start.
OTHER = re.compile(
    "DPLAUNCH_.*|GLOO_SOCKET_IFNAME|TP_SOCKET_IFNAME|CUDA_.*|HIP_.*|ROCR_.*|OMP_NUM_THREADS|PYTHONUNBUFFERED"
    "|TORCHELASTIC_USE_AGENT_STORE|TORCHELASTIC_ERROR_FILE|TORCHELASTIC_RUN_ID|MASTER_PORT|MASTER_ADDR"
    "|TORCH_NCCL_DUMP_ON_TIMEOUT|TORCH_FR_.*|PWD|_"
)
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
def ranks_of(tmp_path, dplaunch):
    """ranks_of("torchrun", ...): what each rank saw."""

    def run(launcher, *words):
        out = tmp_path / launcher
        out.mkdir()
        start = [dplaunch, "torchrun", "--log-dir", "none"]
        if launcher == "torchrun":
            start = [sys.executable, "-m", "torch.distributed.run"]
        environment = {**os.environ, "PYTHON_EXEC": sys.executable}
        line = [out if word == "OUT" else word for word in words]
        result = run_program([*start, *line], env=environment, cwd=tmp_path)
        assert result.code == 0, result.output
        return [json.loads((out / f"{rank}.json").read_text()) for rank in range(2)]

    return run


def test_ranks_get_what_torchrun_gives_them(ranks_of, script):
    line = ["--standalone", "--nproc_per_node=2", "--max-restarts", 3, script, "OUT"]
    line += ["--name", "out-${local_rank}", "it's"]
    theirs, ours = (ranks_of(launcher, *line) for launcher in ("torchrun", "dplaunch"))
    for rank in range(2):
        of = {name: value for name, value in theirs[rank]["env"].items() if not OTHER.fullmatch(name)}
        have = {name: value for name, value in ours[rank]["env"].items() if not OTHER.fullmatch(name)}
        assert have == of
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
