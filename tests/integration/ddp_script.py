"""A plain DistributedDataParallel script, as written for torchrun: it knows nothing of dplaunch."""

import argparse
import os

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=4)
    steps = parser.parse_args().steps
    dist.init_process_group("gloo")
    torch.manual_seed(dist.get_rank())  # DDP broadcasts rank 0's parameters
    model = DistributedDataParallel(torch.nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for step in range(steps):
        torch.manual_seed(1000 * step + dist.get_rank())
        loss = model(torch.randn(16, 8)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    weight = model.module.weight.sum().item()
    places = " ".join(os.environ[name] for name in ("RANK", "LOCAL_RANK", "GROUP_RANK"))
    print(f"of {dist.get_world_size()} places {places} weight {weight:.6f}", flush=True)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
