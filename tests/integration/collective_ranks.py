"""Ranks that wait for one that is in another collective than they are."""

import os

import torch
import torch.distributed as dist

HELD = 2


def wait_for_a_message():
    dist.recv(torch.empty(1), src=0)


def exchange_gradients():
    dist.all_reduce(torch.ones(4))


def main():
    dist.init_process_group("gloo")
    exchange_gradients()
    rank = int(os.environ["RANK"])
    print(f"rank {rank} is there", flush=True)
    if rank == HELD:
        wait_for_a_message()
    exchange_gradients()


if __name__ == "__main__":
    main()
