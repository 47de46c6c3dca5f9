"""transformers' Trainer trains a tiny model with random weights; nothing is downloaded."""

import torch
import transformers


class Sequences(torch.utils.data.Dataset):
    def __len__(self):
        return 32

    def __getitem__(self, index):
        tokens = torch.randint(0, 64, (16,), generator=torch.Generator().manual_seed(index))
        return {"input_ids": tokens, "labels": tokens}


def main():
    transformers.set_seed(3)
    shape = transformers.GPT2Config(vocab_size=64, n_positions=16, n_embd=32, n_layer=1, n_head=2)
    options = transformers.TrainingArguments(
        output_dir="trainer", use_cpu=True, max_steps=6, per_device_train_batch_size=4,
        logging_steps=2, save_steps=6, report_to=[], seed=3)
    model = transformers.GPT2LMHeadModel(shape)
    trainer = transformers.Trainer(model=model, args=options, train_dataset=Sequences(),
                                   eval_dataset=Sequences())
    trainer.train()
    loss = trainer.evaluate()["eval_loss"]
    print(f"rank {options.process_index} of {options.world_size} eval loss {loss:.4f}")


main()
