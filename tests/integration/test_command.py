"""Scripts written for torchrun run unchanged under dplaunch."""

import json
import os
import pathlib
import re
import socket
import subprocess
import sys

import pytest

import jobs
from conftest import binary, end_of, read_until, run_program, running

SCRIPT = pathlib.Path(__file__).resolve().parent / "ddp_script.py"
LINE = re.compile(r"of (\d+) places (\d+) (\d+) (\d+) weight (-?\d+\.\d+)")


@pytest.fixture
def dplaunch_in(dplaunch, tmp_path):
    """Runs the launcher in an empty folder."""
    return lambda *words, **options: run_program([dplaunch, *words], cwd=tmp_path, **options)


def torchrun(*words):
    return run_program([sys.executable, "-m", "torch.distributed.run", *words])


def told(output):
    """(world size, rank, local rank, group rank, weight) of each rank, by rank."""
    return sorted(LINE.findall(output), key=lambda fields: int(fields[1]))


def test_a_ddp_script_gives_what_it_gives_under_torchrun(dplaunch_in):
    under_torchrun = torchrun("--standalone", "--nproc-per-node=2", SCRIPT, "--steps", "3")
    assert under_torchrun.code == 0, under_torchrun.output
    ours = dplaunch_in("--device", "cpu:2", "--", sys.executable, SCRIPT, "--steps", "3")
    assert ours.code == 0, ours.output
    assert told(ours.stdout) == told(under_torchrun.output)
    assert [fields[:4] for fields in told(ours.stdout)] == [
        ("2", "0", "0", "0"),
        ("2", "1", "1", "0"),
    ]


def test_two_hosts_are_one_job(dplaunch, tmp_path):
    words = ["--nproc_per_node=2", "--nnodes=2", "--master_addr=localhost"]
    words += [f"--master_port={jobs.free_port()}"]

    def host(index):
        return [dplaunch, *words, f"--node_rank={index}", "--name", f"host-{index}"] + [
            "--",
            sys.executable,
            SCRIPT,
        ]

    with running(host(1), cwd=tmp_path) as second:
        first = run_program(host(0), cwd=tmp_path)
        end = end_of(second)
    assert (first.code, end.code) == (0, 0), first.output + end.stdout
    ranks = told(first.stdout + end.stdout)
    assert [fields[:4] for fields in ranks] == [
        ("4", "0", "0", "0"),
        ("4", "1", "1", "0"),
        ("4", "2", "0", "1"),
        ("4", "3", "1", "1"),
    ]
    assert len({fields[4] for fields in ranks}) == 1, "the replicas differ"


def test_a_recorded_traceback_is_the_root_cause(dplaunch_in, tmp_path):
    script = tmp_path / "broken.py"
    script.write_text(
        "import os, torch.distributed as dist\n"
        "from torch.distributed.elastic.multiprocessing.errors import record\n"
        "@record\n"
        "def main():\n"
        "    dist.init_process_group('gloo')\n"
        "    if os.environ['RANK'] == '1':\n"
        "        raise ValueError('label 103 of 100')\n"
        "    dist.barrier()\n"
        "main()\n"
    )
    result = dplaunch_in("--device", "cpu:2", "--name", "broken", "--", sys.executable, script)
    assert result.code == 1
    report = result.stderr[result.stderr.index("dplaunch: error:") :]
    assert report.startswith("dplaunch: error: rank 1 (cpu, pid "), report
    assert "ValueError: label 103 of 100" in report
    assert 'broken.py", line 7, in main' in report
    assert len(report.splitlines()) <= 15
    job = json.loads((tmp_path / "runs" / "broken" / "summary.json").read_text())["job"]
    assert job["root_cause"]["rank"] == 1
    assert "label 103" in job["root_cause"]["message"]


def test_the_environment_has_all_that_torchrun_gives(dplaunch_in, tmp_path):
    script = tmp_path / "environment.py"
    script.write_text(
        "import json, os, pathlib\n"
        "names = dict(os.environ)\n"
        "pathlib.Path(names['PLACE'], names['RANK'] + '.json').write_text(json.dumps(names))\n"
    )
    variables = {}
    for name, run in {
        "ours": lambda env: dplaunch_in("--device", "cpu:2", "--", sys.executable, script, env=env),
        "torchrun": lambda env: run_program(
            [sys.executable, "-m", "torch.distributed.run", f"--master-port={jobs.free_port()}"]
            + ["--nproc-per-node=2", script],
            env=env,
        ),
    }.items():
        place = tmp_path / name
        place.mkdir()
        result = run({"PLACE": str(place)})
        assert result.code == 0, result.output
        variables[name] = json.loads((place / "1.json").read_text())
    # Of its own machinery: the store that torchrun itself serves, which ours leaves to rank 0, and
    # settings for its child processes' Python.
    own = {"TORCHELASTIC_USE_AGENT_STORE", "TORCH_NCCL_ASYNC_ERROR_HANDLING", "TORCHELASTIC_SIGNALS_TO_HANDLE"}
    missing = set(variables["torchrun"]) - set(variables["ours"]) - own
    assert not missing
    for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "GROUP_RANK", "ROLE_RANK",
                 "GROUP_WORLD_SIZE", "ROLE_WORLD_SIZE", "ROLE_NAME", "TORCHELASTIC_RESTART_COUNT"):
        assert variables["ours"][name] == variables["torchrun"][name], name


def test_output_is_told_apart_and_kept(dplaunch_in, tmp_path):
    words = ["--name", "say", "--", "sh", "-c", "echo from $RANK; echo alas >&2"]
    shown = dplaunch_in("--device", "cpu:2", *words)
    assert shown.code == 0, shown.output
    assert sorted(shown.stdout.splitlines()) == ["[0] from 0", "[1] from 1"]
    assert {"[0] alas", "[1] alas"} <= set(shown.stderr.splitlines())
    for rank in (0, 1):
        log = (tmp_path / "runs" / "say" / f"rank-{rank}.log").read_text()
        assert sorted(log.splitlines()) == ["alas", f"from {rank}"]


def test_show_chooses_the_ranks(dplaunch_in):
    words = ["--", "sh", "-c", "echo from $RANK"]
    for chosen, expected in {"1": ["[1] from 1"], "none": [], "0,2": ["[0] from 0", "[2] from 2"]}.items():
        result = dplaunch_in("--device", "cpu:3", "--show", chosen, *words)
        assert sorted(result.stdout.splitlines()) == expected, chosen


def test_a_store_that_went_with_rank_0_is_the_cause(dplaunch_in, tmp_path):
    script = tmp_path / "early.py"
    script.write_text(
        "import os, torch.distributed as dist\n"
        "dist.init_process_group('gloo')\n"
        "if os.environ['RANK'] == '0':\n"
        "    os._exit(0)\n"
        "dist.distributed_c10d._get_default_store().get('never set')\n"
    )
    result = dplaunch_in("--device", "cpu:2", "--", sys.executable, script)
    assert result.code == 1, result.output
    assert "likely: rank 0 had left (exit code 0), and with it the store" in result.stderr


def test_whoever_takes_the_job_s_port_is_named(dplaunch, tmp_path):
    script = tmp_path / "listen.py"
    script.write_text(
        "import os, socket, sys\n"
        "port = int(os.environ['MASTER_PORT'])\n"
        "print('promised', port, flush=True)\n"
        "sys.stdin.readline()\n"
        "socket.create_server(('127.0.0.1', port))\n"
    )
    command = [dplaunch, "--device", "cpu:1", "--", sys.executable, script]
    with running(command, cwd=tmp_path, stdin=subprocess.PIPE) as job:
        port = int(read_until(job, "promised").split()[-1])
        with socket.create_server(("127.0.0.1", port)):  # of this user, but not of the job
            warning = read_until(job, "was taken by")
            job.stdin.write("\n")
            job.stdin.flush()
            result = end_of(job)
    assert f"process {os.getpid()} (" in warning
    assert result.code == 1
    assert f"likely: port {port}, promised to rank 0 as MASTER_PORT, was taken by" in result.stdout


def test_a_rank_without_input_is_told_why(dplaunch_in, tmp_path):
    script = tmp_path / "ask.py"
    script.write_text("import os\nif os.environ['RANK'] == '1':\n    input()\n")
    result = dplaunch_in("--device", "cpu:2", "--", sys.executable, script)
    assert result.code == 1
    assert "likely: standard input is empty for rank 1: --stdin says who gets" in result.stderr
