"""PyTorch Lightning's Trainer trains a small network with DDP, as its documentation begins a script."""

import pytorch_lightning
import torch


class Regression(pytorch_lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.network = torch.nn.Linear(8, 1)

    def training_step(self, batch, _):
        inputs, target = batch
        loss = torch.nn.functional.mse_loss(self.network(inputs), target)
        self.log("loss", loss, on_epoch=True, on_step=False, sync_dist=True)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def main():
    pytorch_lightning.seed_everything(7)
    inputs = torch.randn(64, 8, generator=torch.Generator().manual_seed(1))
    data = torch.utils.data.TensorDataset(inputs, inputs.sum(1, keepdim=True))
    trainer = pytorch_lightning.Trainer(accelerator="cpu", devices=2, strategy="ddp", max_epochs=3, logger=False,
                                        enable_progress_bar=False)
    model = Regression()
    trainer.fit(model, torch.utils.data.DataLoader(data, batch_size=8, shuffle=True))
    loss = trainer.callback_metrics["loss"]
    weights = sum(value.sum() for value in model.state_dict().values())
    print(f"rank {trainer.global_rank} of {trainer.world_size} loss {loss:.4f} weights {weights:.4f}")


main()
