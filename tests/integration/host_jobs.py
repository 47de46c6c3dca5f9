"""Jobs over hosts: of the trainer, whose launchers know nothing of each other's folders, and of a shell
script in network namespaces (namespaces.py), a rank on each host."""

import os

import jobs
from conftest import end_of, read_until, running

# As many threads as a rank has where both are on one host: sums are rounded by their number.
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1"}
JOB = {"norm": "group", "epochs": 2, "limit_train": 160, "limit_test": 40, "log_every": 1}


def training_commands(
    job_command, tmp_path, name, *words, processes=(1, 1), of_host=None, network=None, **changes
):
    """The launchers' command lines, each for so many processes. `of_host`: what one of them is given
    besides; `network`: hosts in namespaces, and otherwise all are this one."""
    address = ["--nnodes", len(processes), "--master-port", jobs.free_port()]
    address += ["--master-addr", network.address(0) if network else "127.0.0.1"]
    commands = []
    for host, count in enumerate(processes):
        values = {**JOB, **changes, "runs": tmp_path / f"host-{host}"}
        values.update((of_host or {}).get(host, {}))
        command, _ = job_command(name, *words, device=f"cpu:{count}", **values)
        enter = network.enter(host) if network else []
        commands.append([*enter, *command, *address, "--node-rank", host])
    return commands


def folder_of(tmp_path, name, host):
    run = tmp_path / f"host-{host}" / name
    return run if host == 0 else run / f"host-{host}"


# The rank runs until it is ended.
WAIT = "echo up-$RANK $$; exec sleep 100"


def start_jobs(stack, dplaunch, network, count, script, *words, hosts=None, env=None):
    """The launchers of the job, or of those of its `hosts` alone; they end with the stack."""
    launchers = []
    for host in hosts or range(count):
        command = [*network.enter(host), dplaunch, "--device", "cpu:1", "--log-dir", "none"]
        command += ["--nnodes", count, "--node-rank", host]
        command += ["--master-addr", network.address(0), *words, "--", "sh", "-c", script]
        launchers.append(stack.enter_context(running(command, env=env)))
    return launchers


def ends_of(launchers):
    return [end_of(launcher) for launcher in launchers]


def started(launchers):
    """When all ranks run: their processes' numbers."""
    outputs = [read_until(launcher, f"up-{rank} ") for rank, launcher in enumerate(launchers)]
    return [int(output.rsplit(f"up-{rank} ", 1)[1]) for rank, output in enumerate(outputs)]
