"""torch.distributed.checkpoint saves a sharded training, at once and in the background, and loads it."""

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard


def training():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(8, 32), torch.nn.ReLU(), torch.nn.Linear(32, 8))
    fully_shard(model, mesh=init_device_mesh("cpu", (dist.get_world_size(),)))
    return model, torch.optim.Adam(model.parameters(), lr=0.1)


def train(model, optimizer, steps):
    for step in range(steps):
        torch.manual_seed(100 * dist.get_rank() + step)
        model(torch.randn(4, 8)).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()


def state_of(model, optimizer):
    weights, moments = get_state_dict(model, optimizer)
    return {"model": weights, "optimizer": moments}


def total(model):
    return sum(each.full_tensor().double().sum().item() for each in model.parameters())


def main():
    dist.init_process_group("cpu:gloo")
    model, optimizer = training()
    train(model, optimizer, 3)
    dcp.save(state_of(model, optimizer), checkpoint_id="checkpoint")
    dcp.async_save(state_of(model, optimizer), checkpoint_id="in-background").result()
    saved = total(model)
    for place in ("checkpoint", "in-background"):
        model, optimizer = training()
        train(model, optimizer, 1)
        state = state_of(model, optimizer)
        dcp.load(state, checkpoint_id=place)
        set_state_dict(model, optimizer, model_state_dict=state["model"],
                       optim_state_dict=state["optimizer"])
        print(f"rank {dist.get_rank()} {place} saved {saved:.4f} loaded {total(model):.4f}")
    dist.destroy_process_group()


main()
