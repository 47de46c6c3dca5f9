"""A Slurm of two nodes on this machine, n1 and n2, for as long as a test wants it: bound to the loopback, all
of its files in one folder. Each node has a hostname and an /etc/hosts of its own, for which root is needed, and a
folder that the other does not see: own_folder()."""

import contextlib
import os
import pathlib
import subprocess
import tempfile
import time

import jobs

PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"
NODES = ("n1", "n2")
CONFIGURATION = """\
ClusterName=dplaunch
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge.sock,cred_expire=5
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=100000
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=30
PropagateResourceLimits=NONE
NodeName=n1 NodeHostname=n1 NodeAddr=127.0.0.1 Port={ports[1]} CPUs=8 RealMemory=1024
NodeName=n2 NodeHostname=n2 NodeAddr=127.0.0.1 Port={ports[2]} CPUs=8 RealMemory=1024
PartitionName=test Nodes=n[1-2] Default=YES MaxTime=INFINITE State=UP
"""
ON_A_NODE = """
hostname "$1" && mount --bind "$2/hosts" /etc/hosts && mount --bind "$2/own-$1" "$2/own" && shift 2 && exec "$@"
"""


def until(is_so, what, logs, seconds=60):
    """Slurm tells nobody: what is awaited is asked for."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() >= deadline:
            raise AssertionError("\n".join([what, *(log.read_text()[-3000:] for log in logs)]))
        time.sleep(0.05)


def _prepare(folder):
    folder.chmod(0o711)  # munged wants a key that nobody else reads, and a socket that all can reach
    for name in ("state", "spool-n1", "spool-n2", "own", "own-n1", "own-n2"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o600)
    host = os.uname().nodename.split(".")[0]
    ports = [jobs.free_port() for _ in range(3)]
    (folder / "slurm.conf").write_text(
        CONFIGURATION.format(folder=folder, host=host, ports=ports)
    )
    (folder / "hosts").write_text("".join(f"127.0.0.1 {n}\n" for n in ("localhost", *NODES, host)))


def _daemons(folder):
    configuration = folder / "slurm.conf"
    yield ["munged", "--foreground", f"--socket={folder}/munge.sock", f"--key-file={folder}/munge.key"] + [
        f"--{name}-file={folder}/munged.{name}" for name in ("log", "pid", "seed")
    ]
    yield ["slurmctld", "-D", "-f", configuration]
    for node in NODES:
        yield ["unshare", "-um", "sh", "-c", ON_A_NODE, "sh", node, folder] + [
            "slurmd", "-D", "-N", node, "-f", configuration,
        ]


def own_folder(environment, seen_from_outside=None):
    """A folder that each node has for itself, at the same path; from outside that of the node."""
    folder = pathlib.Path(environment["SLURM_CONF"]).parent
    return folder / (f"own-{seen_from_outside}" if seen_from_outside else "own")


@contextlib.contextmanager
def two_nodes():
    """The environment for srun, sbatch and scancel; what they started ends with it."""
    assert os.geteuid() == 0, "hostnames of their own for two nodes need root"
    with tempfile.TemporaryDirectory() as name:
        yield from _run(pathlib.Path(name))


def _run(folder):
    _prepare(folder)
    environment = {"PATH": PATH, "SLURM_CONF": str(folder / "slurm.conf")}
    processes = []
    try:
        for command in _daemons(folder):
            output = open(folder / f"{len(processes)}.out", "w")
            ends_with_the_tests = ["setpriv", "--pdeathsig", "KILL", *command]
            processes.append(jobs.start(ends_with_the_tests, env=environment, stdout=output))
            if len(processes) == 1:
                until((folder / "munge.sock").exists, "munged is not there", folder.glob("*.out"))

        def idle_nodes():
            words = ["sinfo", "-h", "-N", "-t", "idle", "-o", "%N"]
            asked = subprocess.run(words, env={**os.environ, **environment}, capture_output=True)
            return len(asked.stdout.split())

        until(lambda: idle_nodes() == len(NODES), "nodes are not idle", folder.glob("*.log"))
        yield environment
    finally:
        for pid in jobs.processes_of(f"SLURM_CONF={folder}/slurm.conf"):
            if pid not in [process.pid for process in processes]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, 9)
        for process in processes:
            jobs.stop(process)
