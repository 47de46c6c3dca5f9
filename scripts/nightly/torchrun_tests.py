"""A plugin of pytest, for PyTorch's tests of torchrun (test/distributed/launcher): where they call its
main(), `dplaunch torchrun` gets the line. DPLAUNCH names the program. What dplaunch refuses, torchrun
refuses with a ValueError; a rank that fails is torchrun's ChildFailedError."""

import os
import subprocess
import sys

import torch.distributed.launch
import torch.distributed.run
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

USAGE = 2


class RankFailed(ChildFailedError):
    def __init__(self, code):
        Exception.__init__(self, f"dplaunch ended with {code}")


def main(args=None):
    line = [os.environ["DPLAUNCH"], "torchrun", *(sys.argv[1:] if args is None else args)]
    environment = {**os.environ, "PYTHON_EXEC": sys.executable}
    end = subprocess.run(line, env=environment, capture_output=True, text=True, errors="replace")
    sys.stdout.write(end.stdout)
    sys.stderr.write(end.stderr)
    if end.returncode == USAGE:
        raise ValueError(end.stderr)
    if end.returncode != 0:
        raise RankFailed(end.returncode)


def launch_main(args=None):
    """As docs/from-torchrun.md says of torch.distributed.launch."""
    args = sys.argv[1:] if args is None else args
    main(args if "--use-env" in args else [*args, "--local-rank=${local_rank}"])


torch.distributed.run.main = main
torch.distributed.launch.main = launch_main
