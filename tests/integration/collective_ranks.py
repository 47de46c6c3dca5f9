"""Ranks that wait for one that is in another collective than they are. Each leaves the record of PyTorch's
flight recorder when it is asked at a pipe, as NCCL's watchdog does it (DumpPipe in ProcessGroupNCCL.hpp)."""

import os
import threading

import torch
import torch.distributed as dist
from torch._C._distributed_c10d import _dump_fr_trace

HELD = 2


def wait_for_a_message():
    dist.recv(torch.empty(1), src=0)


def exchange_gradients():
    dist.all_reduce(torch.ones(4))


def leave_records(rank):
    pipe = os.environ["TORCH_NCCL_DEBUG_INFO_PIPE_FILE"] + f"{rank}.pipe"
    os.mkfifo(pipe)
    with open(pipe, "rb+", buffering=0) as requests:
        while requests.read(128):
            with open(os.environ["TORCH_FR_DUMP_TEMP_FILE"] + str(rank), "wb") as file:
                file.write(_dump_fr_trace(includeCollectives=True, includeStackTraces=True, onlyActive=False))


def main():
    dist.init_process_group("gloo")
    exchange_gradients()
    rank = int(os.environ["RANK"])
    threading.Thread(target=leave_records, args=[rank], daemon=True).start()
    print(f"rank {rank} is there", flush=True)
    if rank == HELD:
        wait_for_a_message()
    exchange_gradients()


if __name__ == "__main__":
    main()
