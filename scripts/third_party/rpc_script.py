"""torch's own RPC example, a parameter server with batched updates, started by a launcher."""

import os

import torch.distributed.rpc as rpc
from torch.testing._internal.distributed.rpc.examples import parameter_server_test as example


def main():
    rank, world_size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    rpc.init_rpc(f"worker{rank}", rank=rank, world_size=world_size)
    if rank == 0:
        example.run_ps([f"worker{other}" for other in range(1, world_size)])
    rpc.shutdown()
    print(f"rank {rank} of {world_size} done")


main()
