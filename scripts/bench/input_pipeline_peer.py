#!/usr/bin/env python3
"""The usual input pipeline: torchvision's transforms on PIL images through torch's DataLoader. Prints
the images that a second of CPU time yields on one core. input_pipeline_peer.py ROOT SECONDS BSIZE"""

import pathlib
import sys
import time

import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "reference"))
import cifar100  # noqa: E402

ROOT, SECONDS, BSIZE = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])


class Images(Dataset):
    """As torchvision.datasets.CIFAR100: arrays in memory, a PIL image for each item."""

    def __init__(self):
        images, self.labels = cifar100.read_records(cifar100.find_folder(ROOT) / "train.bin", 0)
        self.images = images.transpose(0, 2, 3, 1).copy()
        self.transform = transforms.Compose(
            [
                transforms.RandomCrop(32, padding=4, padding_mode="reflect"),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize(
                    cifar100.MEAN.flatten().tolist(), cifar100.STD.flatten().tolist()
                ),
            ]
        )

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.transform(Image.fromarray(self.images[index])), int(self.labels[index])


torch.set_num_threads(1)
loader = DataLoader(Images(), batch_size=BSIZE, shuffle=True, num_workers=0, drop_last=True)
count = 0
start = time.process_time()
for batch, _ in loader:
    count += len(batch)
    if time.process_time() - start >= SECONDS:
        break
print(count / (time.process_time() - start))
