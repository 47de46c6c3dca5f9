"""dplaunch as the first process of a container, without an init, as in a pod: in namespaces of its own."""

import contextlib
import os
import pathlib
import signal

import pytest

import jobs
import namespaces
from conftest import Run, end_of, read_until, running

ONE_THREAD = {"OMP_NUM_THREADS": "1"}
RIGHTS = [] if os.geteuid() == 0 else ["-r"]
AS_FIRST_PROCESS = ["unshare", *RIGHTS, "--pid", "--fork", "--mount-proc", "--kill-child"]


def signal_first_process(container, number):
    """From outside, as the kubelet does it: unshare's one child."""
    children = pathlib.Path(f"/proc/{container.pid}/task/{container.pid}/children").read_text()
    (first,) = children.split()
    os.kill(int(first), number)


# Orphans that end at once. One that is dead and not reaped is still in /proc.
ORPHANS = """
: > pids
i=0; while [ $i -lt 20 ]; do ( sh -c 'echo $$ >> pids' & ); i=$((i + 1)); done
until [ "$(wc -l < pids)" = 20 ]; do :; done
for pid in $(cat pids); do while [ -e /proc/$pid ]; do :; done; done
echo child of $PPID, all orphans are reaped; exec sleep 100
"""


def test_the_first_process_reaps_orphans_and_ends_by_sigterm(dplaunch, tmp_path):
    command = [*AS_FIRST_PROCESS, dplaunch, "--device", "cpu:1", "--log-dir", "none", "--", "sh", "-c", ORPHANS]
    with running(command, cwd=tmp_path) as container:
        read_until(container, "child of 1, all orphans are reaped")
        signal_first_process(container, signal.SIGTERM)
        end = end_of(container)
    assert end.code == 143, end.output


def test_a_pod_that_waits_for_the_others_ends_by_sigterm(dplaunch):
    """The kernel spares a namespace's first process signals that it does not handle."""
    job = ["--nnodes", 2, "--node-rank", 0, "--master-addr", f"127.0.0.1:{jobs.free_port()}"]
    command = [dplaunch, "--device", "cpu:1", "--log-dir", "none", *job, "--", "true"]
    with running([*AS_FIRST_PROCESS, *command]) as container:
        read_until(container, "waiting for host 1 of 2")
        signal_first_process(container, signal.SIGTERM)
        end = end_of(container)
    assert end.code == 143, end.output


@pytest.fixture
def start_pods(job_command, tmp_path):
    """Two pods of a TrainJob, each with its own network and its own processes, and storage that they share."""
    with namespaces.hosts(2) as network, contextlib.ExitStack() as stack:

        def start(*words, **changes):
            command, _ = job_command("job", *words, **changes)
            without_device = [word for word in command if word not in ("--device", "cpu:2")]
            pods = []
            for index in range(2):
                told = {
                    "PET_NNODES": "2",
                    "PET_NPROC_PER_NODE": "1",
                    "PET_NODE_RANK": str(index),
                    "PET_MASTER_ADDR": network.address(0),
                    "PET_MASTER_PORT": "29500",
                    "JOB_COMPLETION_INDEX": str(index),
                }
                pod = [*network.enter(index), *AS_FIRST_PROCESS, *without_device]
                pods.append(stack.enter_context(running(pod, env={**ONE_THREAD, **told})))
            return pods

        yield start


def test_a_pod_that_is_evicted_leaves_a_checkpoint_that_the_next_pods_go_on_with(start_pods, train, tmp_path):
    job = {"norm": "group", "epochs": 2, "limit_train": 160, "limit_test": 40, "log_every": 1}
    unbroken = train("unbroken", program={"env": ONE_THREAD}, **job)
    first, second = start_pods("--resume", **job)
    read_until(first, "epoch 1/2  step 3/")
    signal_first_process(second, signal.SIGTERM)
    for end in (end_of(first), end_of(second)):
        assert end.code == 143, end.output
        assert "error" not in end.output
    run = Run(tmp_path / "runs/job", None)
    assert run.latest.exists()
    for end in [end_of(pod) for pod in start_pods("--resume", **job)]:
        assert end.code == 0, end.output
        assert "hostname of the client" not in end.output  # c10d's, where no name server answers
    assert "resumed from" in run.log(0)
    assert run.digest(0) == unbroken.digest(0)
