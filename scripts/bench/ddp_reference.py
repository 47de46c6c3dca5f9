#!/usr/bin/env python3
"""A plain, good PyTorch DDP training script for CIFAR-100: what dplaunch is measured against.

    torchrun --nproc-per-node 2 scripts/bench/ddp_reference.py --root data --model resnet20 --steps 60

It has the recipe of configs/config_cpu.yml and every setting that makes such a script fast: channels_last,
small buckets as gradient views, the fused optimizer, augmentation of a whole batch at once, no
synchronisation within the step. On a GPU (--device cuda) the data set lies in its memory, cuDNN chooses its
kernels by trying them, and --precision bf16 is autocast; --compile is torch.compile. Rank 0 prints one JSON
object.
"""

import argparse
import contextlib
import gc
import json
import os
import pathlib
import sys
import time

SCRIPT_START = time.perf_counter()
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "reference"))

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.distributed as dist  # noqa: E402
from torch.nn.parallel import DistributedDataParallel  # noqa: E402

import cifar100  # noqa: E402
from ddp_batches import DeviceBatches, HostBatches  # noqa: E402
from resnet import make_resnet  # noqa: E402

COMPILE_MODES = ("default", "reduce-overhead", "max-autotune")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", required=True, help="folder that holds train.bin and test.bin")
    parser.add_argument("--model", default="resnet20", choices=["resnet18", "resnet34", "resnet20"])
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--precision", default="fp32", choices=["fp32", "tf32", "bf16"])
    parser.add_argument(
        "--compile", nargs="?", const="default", choices=COMPILE_MODES, help="a mode of torch.compile"
    )
    parser.add_argument("--plain", action="store_true", help="the model without DDP: one process needs none")
    parser.add_argument("--bsize", type=int, default=64, help="images per process and step")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--steps", type=int, default=0, help="stop after so many; 0 = all epochs")
    parser.add_argument("--warmup-steps", type=int, default=10, help="not in the steady-state figure")
    parser.add_argument("--limit-train", type=int, default=0)
    parser.add_argument("--limit-test", type=int, default=0)
    parser.add_argument("--lr", type=float, default=0.4)
    parser.add_argument("--label-smoothing", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log-every", type=int, default=0, help="print the loss each so many steps")
    parser.add_argument("--evaluate", action="store_true", help="count top-1 after each epoch")
    parser.add_argument("--save", help="write the model here after each epoch")
    parser.add_argument("--resume", action="store_true", help="go on from --save if it is there")
    parser.add_argument("--metrics", help="append a JSON object an epoch to this file")
    return parser.parse_args()


def make_optimizer(model, lr, total_steps):
    decayed = [parameter for parameter in model.parameters() if parameter.dim() > 1]
    others = [parameter for parameter in model.parameters() if parameter.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": 5e-4}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.SGD(groups, lr=lr, momentum=0.9, nesterov=True, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=lr, total_steps=total_steps, cycle_momentum=False
    )
    return optimizer, schedule


def epoch_indices(count, seed, epoch, rank, bsize, world_size):
    """This rank's part of each global batch of the epoch; the incomplete last batch is dropped."""
    order = np.random.default_rng((seed, epoch)).permutation(count)
    steps = count // (bsize * world_size)
    return order[: steps * bsize * world_size].reshape(steps, world_size, bsize)[:, rank]


@torch.inference_mode()
def evaluate(model, images, labels, rank, world_size, device):
    """Top-1 in percent over all images, each counted by one rank."""
    model.eval()
    counts = torch.zeros(2, dtype=torch.float64, device=device)
    for first in range(rank * 250, len(images), world_size * 250):
        batch = torch.from_numpy(cifar100.normalize(images[first : first + 250])).to(device)
        logits = model(batch.contiguous(memory_format=torch.channels_last))
        target = torch.from_numpy(labels[first : first + 250]).to(device)
        counts[0] += (logits.argmax(1) == target).sum()
        counts[1] += len(target)
    model.train()
    dist.all_reduce(counts)
    return 100 * (counts[0] / counts[1]).item()


def load(path, model, optimizer, schedule):
    """The epochs that were done when the file was written."""
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    return state["epochs"]


def now(device):
    """When all that was asked of the device is done."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def choose_device(arguments):
    """Where this rank computes, with the process group there."""
    if arguments.device == "cpu":
        dist.init_process_group("gloo")
        return torch.device("cpu")
    device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
    torch.cuda.set_device(device)
    torch.backends.cudnn.benchmark = True
    is_tf32 = arguments.precision == "tf32"
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = is_tf32
    dist.init_process_group("nccl", device_id=device)
    return device


def make_batches(arguments, images, labels, rank, device):
    seeds = (arguments.seed, rank)
    if device.type == "cpu":
        return HostBatches(images, labels, seeds)
    dtype = torch.bfloat16 if arguments.precision == "bf16" else torch.float32
    return DeviceBatches(images, labels, seeds, device, dtype, bool(arguments.compile))


def make_model(arguments, device):
    """(the model, what a step calls of it)."""
    plain = make_resnet(arguments.model).to(device, memory_format=torch.channels_last)
    model = plain
    if not arguments.plain:
        model = DistributedDataParallel(
            plain,
            device_ids=[device] if device.type == "cuda" else None,
            bucket_cap_mb=4,
            gradient_as_bucket_view=True,
            broadcast_buffers=False,
        )
    return plain, torch.compile(model, mode=arguments.compile) if arguments.compile else model


def autocast(arguments, device):
    if arguments.precision != "bf16":
        return contextlib.nullcontext()
    return torch.autocast(device.type, torch.bfloat16)


def train(arguments, device):
    rank, world_size = dist.get_rank(), dist.get_world_size()
    # torchrun sets OMP_NUM_THREADS=1 unless the user did; the rank's share of the cores is better.
    torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // world_size))
    torch.manual_seed(arguments.seed)

    folder = cifar100.find_folder(arguments.root)
    images, labels = cifar100.read_records(folder / "train.bin", arguments.limit_train)
    batches = make_batches(arguments, images, labels, rank, device)
    steps_per_epoch = len(images) // (arguments.bsize * world_size)

    plain, model = make_model(arguments, device)
    optimizer, schedule = make_optimizer(plain, arguments.lr, arguments.epochs * steps_per_epoch)
    loss_function = torch.nn.CrossEntropyLoss(label_smoothing=arguments.label_smoothing)
    done = 0
    if arguments.resume and os.path.exists(arguments.save):
        done = load(arguments.save, plain, optimizer, schedule)

    step = 0
    timed_start = now(device)
    losses = []
    top1 = None
    for epoch in range(done, arguments.epochs):
        epoch_start, epoch_losses = time.perf_counter(), len(losses)
        order = epoch_indices(
            len(images), arguments.seed, epoch, rank, arguments.bsize, world_size
        )
        for indices in batches.begin_epoch(epoch, order):
            if arguments.steps and step == arguments.steps:
                break
            if step == arguments.warmup_steps:
                timed_start = now(device)
            optimizer.zero_grad()
            inputs, targets = batches.batch(indices)
            with autocast(arguments, device):
                loss = loss_function(model(inputs), targets)
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.detach())
            step += 1
            if arguments.log_every and rank == 0 and step % arguments.log_every == 0:
                print(f"step {step}  loss {losses[-1].item():.4f}", flush=True)
        timed_end = now(device)
        if arguments.evaluate:
            test = cifar100.read_records(folder / "test.bin", arguments.limit_test)
            top1 = evaluate(plain, *test, rank, world_size, device)
        if arguments.metrics and rank == 0:
            figures = {
                "epoch": epoch + 1,
                "train_loss": torch.stack(losses[epoch_losses:]).mean().item(),
                "test_top1": top1,
                "seconds": time.perf_counter() - epoch_start,
            }
            with open(arguments.metrics, "a", encoding="utf-8") as file:
                file.write(json.dumps(figures) + "\n")
        if arguments.save and rank == 0:
            state = {"model": plain.state_dict(), "optimizer": optimizer.state_dict()}
            state |= {"schedule": schedule.state_dict(), "epochs": epoch + 1}
            torch.save(state, arguments.save)
    if rank == 0:
        timed_images = (step - arguments.warmup_steps) * arguments.bsize * world_size
        figures = {
            "images_per_second": timed_images / (timed_end - timed_start),
            "script_seconds": time.perf_counter() - SCRIPT_START,
            "steps": step,
            "world_size": world_size,
            "first_loss": losses[0].item(),
            "last_loss": losses[-1].item(),
            "top1": top1,
            "threads": torch.get_num_threads(),
        }
        if device.type == "cuda":
            figures["peak_memory_bytes"] = torch.cuda.max_memory_reserved()
        print(json.dumps(figures), flush=True)


def main():
    arguments = parse_arguments()
    train(arguments, choose_device(arguments))
    # The model holds the process group, whose threads abort the interpreter if they outlive it
    # (https://github.com/pytorch/pytorch/pull/179291): it has to be gone, cycles and all.
    gc.collect()
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
