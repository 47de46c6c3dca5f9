"""CIFAR-100's binary files, the order of an epoch and the augmentation, in NumPy."""

import pathlib

import numpy as np
import torch

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


MASK = 0xFFFFFFFFFFFFFFFF
GAMMA = 0x9E3779B97F4A7C15
PERMUTATION, AUGMENTATION = 1, 2


def _mix(z):
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
    return z ^ (z >> 31)


class RandomStream:
    """SplitMix64 in the state that belongs to (seed, purpose, coordinates)."""

    def __init__(self, seed, purpose, *coordinates):
        state = _mix((seed + GAMMA) & MASK) ^ purpose
        for coordinate in coordinates:
            state = _mix((state + GAMMA) & MASK) ^ _mix((coordinate + GAMMA) & MASK)
        self.state = _mix((state + GAMMA) & MASK)

    def next(self):
        self.state = (self.state + GAMMA) & MASK
        return _mix(self.state)

    def below(self, bound):
        rejected_below = (2**32 - bound) % bound
        while True:
            product = (self.next() >> 32) * bound
            if product & 0xFFFFFFFF >= rejected_below:
                return product >> 32


def epoch_permutation(count, seed, epoch):
    order = list(range(count))
    stream = RandomStream(seed, PERMUTATION, epoch)
    for left in range(count, 1, -1):
        other = stream.below(left)
        order[left - 1], order[other] = order[other], order[left - 1]
    return order


def augmented(image, padding, seed, epoch, index):
    """Random crop after zero padding, and flip, of one uint8 image [3, 32, 32]."""
    stream = RandomStream(seed, AUGMENTATION, epoch, index)
    dy = stream.below(2 * padding + 1)
    dx = stream.below(2 * padding + 1)
    padded = np.pad(image, ((0, 0), (padding, padding), (padding, padding)))
    cropped = padded[:, dy : dy + 32, dx : dx + 32]
    return cropped[:, :, ::-1] if stream.below(2) == 1 else cropped
