"""CIFAR-100's binary files and the augmentation, in NumPy."""

import pathlib

import numpy as np
import torch

from random_stream import AUGMENTATION, RandomStream

RECORD_BYTES = 2 + 3 * 32 * 32
MEAN = np.array([0.50707516, 0.48654887, 0.44091784], np.float32)
STD = np.array([0.26733429, 0.25643846, 0.27615047], np.float32)


def find_folder(root):
    root = pathlib.Path(root)
    inner = root / "cifar-100-binary"
    return inner if inner.is_dir() else root


def read_records(path, limit=0):
    """uint8 images [n, 3, 32, 32] and fine labels [n]."""
    records = np.fromfile(path, np.uint8).reshape(-1, RECORD_BYTES)
    if limit:
        records = records[:limit]
    return records[:, 2:].reshape(-1, 3, 32, 32), records[:, 1].astype(np.int64)


def normalize(images):
    scaled = images.astype(np.float32) / np.float32(255)
    return (scaled - MEAN[:, None, None]) / STD[:, None, None]


def evaluate(model, images, labels):
    """(top-1 count, top-5 count, mean cross-entropy) of `model` over all images."""
    model.eval()
    top1 = top5 = 0
    loss = 0.0
    with torch.inference_mode():
        for first in range(0, len(images), 500):
            batch = torch.from_numpy(normalize(images[first : first + 500]))
            target = torch.from_numpy(labels[first : first + 500])
            logits = model(batch)
            best = logits.topk(5, dim=1).indices
            top1 += (best[:, 0] == target).sum().item()
            top5 += (best == target[:, None]).any(1).sum().item()
            loss += torch.nn.functional.cross_entropy(logits, target, reduction="sum").item()
    return top1, top5, loss / len(images)


def augmented(image, padding, seed, epoch, index):
    """Random crop after zero padding, and flip, of one uint8 image [3, 32, 32]."""
    stream = RandomStream(seed, AUGMENTATION, epoch, index)
    dy = stream.below(2 * padding + 1)
    dx = stream.below(2 * padding + 1)
    padded = np.pad(image, ((0, 0), (padding, padding), (padding, padding)))
    cropped = padded[:, dy : dy + 32, dx : dx + 32]
    return cropped[:, :, ::-1] if stream.below(2) == 1 else cropped
