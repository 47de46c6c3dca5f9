"""The plain Python script that dplaunch is measured against, on the same GPU: eager DDP and torch.compile."""

import json
import sys

import by_hand
import jobs
from setup import REPOSITORY, CheckFailed

SCRIPT = REPOSITORY / "scripts" / "bench" / "ddp_reference.py"
# Options of the script. A single process needs no DDP: a user who compiles leaves it out.
PEERS = {
    "Python DDP": [],
    "torch.compile": ["--plain", "--compile"],
    "torch.compile, reduce-overhead": ["--plain", "--compile", "reduce-overhead"],
}


def images_per_second(setup, peer, job):
    """In its steady state, of a job as speed.py makes it for dplaunch; without the first half of its epochs."""
    steps = job["limit_train"] // job["bsize"] * job["epochs"]
    words = {"--model": job["model"], "--root": setup.data, "--bsize": job["bsize"]}
    words |= {"--epochs": job["epochs"], "--limit-train": job["limit_train"]}
    words |= {"--warmup-steps": steps // 2, "--lr": job["lr"]}
    words |= setup.small({"--device": "cuda", "--precision": "bf16"}, {})
    command = [sys.executable, SCRIPT, *(each for pair in words.items() for each in pair), *PEERS[peer]]
    environment = {
        **by_hand.rank_environment(setup, 0, 1, jobs.free_port()),
        "TORCHINDUCTOR_CACHE_DIR": str(setup.work / "inductor"),
    }
    result = jobs.run_program(command, setup.limit_s(200), environment)
    found = [line for line in result.stdout.splitlines() if line.startswith('{"images_per_second"')]
    # PyTorch's threads abort the interpreter at its exit now and then: the result counts.
    if not found:
        raise CheckFailed(f"{peer}: exit code {result.code}, no result", result.output)
    return json.loads(found[-1])["images_per_second"]
