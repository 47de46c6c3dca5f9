"""Lightning Fabric trains a small network with DDP, as its documentation begins a script."""

import lightning_fabric
import torch


def main():
    fabric = lightning_fabric.Fabric(accelerator="cpu", devices=2, strategy="ddp")
    fabric.launch()
    fabric.seed_everything(7)
    network = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 1))
    network, optimizer = fabric.setup(network, torch.optim.SGD(network.parameters(), lr=0.1))
    inputs = torch.randn(64, 8, generator=torch.Generator().manual_seed(1))
    data = torch.utils.data.TensorDataset(inputs, inputs.sum(1, keepdim=True))
    loader = fabric.setup_dataloaders(torch.utils.data.DataLoader(data, batch_size=8, shuffle=True))
    for epoch in range(3):
        for batch, target in loader:
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(network(batch), target)
            fabric.backward(loss)
            optimizer.step()
        mean = fabric.all_reduce(loss.detach(), reduce_op="mean")
        print(f"rank {fabric.global_rank} of {fabric.world_size} epoch {epoch} loss {mean:.4f}")
    fabric.save("fabric.ckpt", {"network": network})
    fabric.barrier()
    restored = torch.load("fabric.ckpt", weights_only=True)["network"]
    print("restored", sum(value.sum() for value in restored.values()).item())


main()
