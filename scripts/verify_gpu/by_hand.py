"""Ranks that are started by hand, where the launcher would not: two on one GPU."""

import contextlib

import jobs
from setup import CheckFailed

# A watchdog that has seen an error waits four times so long for other ranks' dumps before it ends its rank.
DUMP_MS = 1000


def host_environment(host):
    """NCCL refuses two ranks on one GPU of one host: for it, these are on two."""
    return {"NCCL_HOSTID": f"dplaunch-{host}", "TORCH_NCCL_WAIT_TIMEOUT_DUMP_MILSEC": str(DUMP_MS)}


def rank_environment(setup, rank, count, port):
    return {
        **{"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(count)},
        **{"LOCAL_WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)},
        **host_environment(rank),
        **setup.only_first_gpu(),
    }


def make_run(setup, name, **values):
    """The folder of a run that a worker started by hand takes."""
    folder = setup.runs / name
    folder.mkdir(parents=True)
    values = {**setup.tiny, "root": setup.data, "timeout_s": 120, **values}
    lines = [f"{key}: {value}\n" for key, value in values.items()]
    (folder / "config.resolved.yml").write_text("".join(lines))
    return folder


def start_two(setup, *words, limit_s=120):
    """The outputs of two ranks."""
    port = jobs.free_port()
    with contextlib.ExitStack() as stack:
        ranks = []
        for rank in (0, 1):
            environment = rank_environment(setup, rank, 2, port)
            ranks.append(jobs.start([setup.worker, *words], env=environment))
            stack.callback(jobs.stop, ranks[-1])
        # Two pipes of little output: neither rank can block on one while the other is read.
        outputs = [rank.communicate(timeout=setup.limit_s(limit_s))[0] for rank in ranks]
    for rank, output in zip(ranks, outputs):
        if rank.returncode != 0:
            both = "\n".join(outputs)
            raise CheckFailed(f"exit code {rank.returncode} of a rank started by hand", both)
    return outputs
