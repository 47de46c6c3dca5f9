"""Jobs under Debian's mpirun and PyPI's prterun, on one host and over two that have names and networks of their own."""

import contextlib
import pathlib
import sys

import pytest

import jobs
import namespaces
from conftest import Run, repetitions, run_program
from engine_jobs import JOB, ONE_THREAD, bare_folder, digest_of_one_host  # noqa: F401  fixtures

AS_ROOT = {f"{name}_ALLOW_RUN_AS_ROOT{end}": "1" for name in ("OMPI", "PRTE") for end in ("", "_CONFIRM")}
ENVIRONMENT = {**ONE_THREAD, **AS_ROOT}
PREFIX = pathlib.Path(sys.prefix)  # of the package openmpi
PRTERUN = [PREFIX / "bin/prterun", "--prefix", PREFIX, "--bind-to", "none"]
AS_MPIRUN = ["--personality", "ompi"]
ON_ONE_HOST = {
    "mpirun": ["mpirun", "--bind-to", "none", "--oversubscribe", "-n", 2],
    "prterun": [*PRTERUN, "--map-by", ":OVERSUBSCRIBE", "-n", 2],
    "prterun-as-mpirun": [*PRTERUN, *AS_MPIRUN, "--map-by", ":OVERSUBSCRIBE", "-n", 2],
}
every_engine = pytest.mark.parametrize(
    "engine", list(ON_ONE_HOST)[: repetitions(len(ON_ONE_HOST), few=1)] * repetitions(10, few=1)
)

AGENT = """#!/bin/sh
# [OPTION...] HOST COMMAND...: as ssh does it
while case $1 in -*) ;; *) false ;; esac; do shift; done
host=$1; shift
case $host in
{cases}
esac
exec $enter unshare -u sh -c "hostname $name; $*"
"""


class TwoHosts:
    def __init__(self, network, folder):
        self.address = network.address(0)
        self._enter = [*network.enter(0), "unshare", "-u", "sh", "-c", 'hostname h0; exec "$@"', "sh"]
        self._agent = folder / "agent"
        cases = [
            f'{network.address(i)}) enter="{" ".join(map(str, network.enter(i)))}" name=h{i} ;;' for i in range(2)
        ]
        self._agent.write_text(AGENT.format(cases="\n".join(cases)))
        self._agent.chmod(0o755)
        self._slots = ["--host", ",".join(f"{network.address(i)}:1" for i in range(2)), "-n", 2]

    def engine(self, name):
        """Starts a task on each."""
        if name == "mpirun":
            ways = ["--mca", "plm_rsh_agent", self._agent, "--mca", "oob_tcp_if_include", "eth0"]
            return [*self._enter, "mpirun", "--bind-to", "none", *ways, *self._slots]
        ways = ["--prtemca", "plm_ssh_agent", self._agent, "--prtemca", "prte_if_include", "eth0"]
        personality = AS_MPIRUN if name == "prterun-as-mpirun" else []
        return [*self._enter, *PRTERUN, *personality, *ways, *self._slots]


@pytest.fixture
def two_hosts(tmp_path):
    with contextlib.ExitStack() as stack:
        yield TwoHosts(stack.enter_context(namespaces.hosts(2)), tmp_path)


def what_is_not_said(engine):
    """prterun by itself tells a task its number, and not of how many."""
    return ["--nnodes", 2] if engine == "prterun" else []


def said_by(engine):
    return "PMIx: 2 hosts (--nnodes)" if engine == "prterun" else "Open MPI: 2 hosts (OMPI_COMM_WORLD_SIZE)"


@every_engine
def test_launchers_on_two_hosts_are_one_job(two_hosts, job_command, digest_of_one_host, engine):
    words = [*what_is_not_said(engine), "--master-addr", two_hosts.address]
    command, folder = job_command("job", *words, device="cpu:1", **JOB)
    result = run_program([*two_hosts.engine(engine), *command], env=ENVIRONMENT)
    assert result.code == 0, result.output
    assert said_by(engine) in result.stdout
    assert "2 hosts: h0 (rank 0), h1 (rank 1)" in result.stdout
    assert Run(folder, result).digest(0) == Run(folder / "host-1", result).digest(1) == digest_of_one_host


@every_engine
def test_a_failure_on_one_host_ends_the_job_with_its_code(two_hosts, dplaunch, engine):
    words = [*what_is_not_said(engine), "--master-addr", two_hosts.address]
    command = [dplaunch, "--device", "cpu:1", "--log-dir", "none", *words, "--"]
    command += ["sh", "-c", '[ "$RANK" = 0 ] && exec sleep 100; exit 7']
    result = run_program([*two_hosts.engine(engine), *command], env=ENVIRONMENT)
    assert result.code == 7, result.output
    assert "error: rank 1 on h1 (" in result.output and "failed: exit code 7" in result.output


@every_engine
def test_launchers_that_share_a_host_are_one_job(job_command, digest_of_one_host, engine):
    address = ["--master-addr", f"127.0.0.1:{jobs.free_port()}"] if engine == "prterun" else []
    command, folder = job_command("job", *what_is_not_said(engine), *address, device="cpu:1", **JOB)
    result = run_program([*ON_ONE_HOST[engine], *command], env=ENVIRONMENT)
    assert result.code == 0, result.output
    assert said_by(engine) in result.stdout
    assert Run(folder, result).digest(0) == Run(folder / "host-1", result).digest(1) == digest_of_one_host


@every_engine
def test_a_rank_in_each_task(worker, bare_folder, digest_of_one_host, engine):
    command = [worker, "--run-dir", bare_folder]
    if engine == "prterun":
        told = f"RANK=$PMIX_RANK WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT={jobs.free_port()}"
        command = ["sh", "-c", f'{told} exec "$@"', "sh", *command]
    result = run_program([*ON_ONE_HOST[engine], *command], env=ENVIRONMENT)
    assert result.code == 0, result.output
    assert "rank 0 of 2" in result.stdout
    assert f"rank 0: parameter digest {digest_of_one_host}" in result.stdout
