"""Batches of ddp_reference.py: reflect-pad-4 crop, flip and normalisation of a whole batch at once, by NumPy
on the host or by the GPU from a copy of the data set in its memory. Both give images that lie in channels_last
order."""

import numpy as np
import torch

import cifar100

PADDING = 4
BORDER = (PADDING, PADDING)
SCALE = (1 / (255 * cifar100.STD)).astype(np.float32)
SHIFT = (-cifar100.MEAN / cifar100.STD).astype(np.float32)


class HostBatches:
    def __init__(self, images, labels, seeds):
        self.images = images
        self.labels = torch.from_numpy(labels)
        self.seeds = seeds

    def begin_epoch(self, epoch, order):
        """`order`: indices [steps, batch] of the epoch."""
        self.random = np.random.default_rng((*self.seeds, epoch))
        return order

    def batch(self, indices):
        """float32 [n, 3, 32, 32], and labels; without a copy by Torch."""
        count = len(indices)
        padded = np.pad(self.images[indices], ((0, 0), (0, 0), BORDER, BORDER), "reflect")
        windows = np.lib.stride_tricks.sliding_window_view(padded, (32, 32), axis=(2, 3))
        dy, dx = self.random.integers(0, 2 * PADDING + 1, (2, count))
        pixels = windows[np.arange(count), :, dy, dx]
        flips = self.random.random(count) < 0.5
        pixels[flips] = pixels[flips, :, :, ::-1]
        values = np.empty((count, 32, 32, 3), np.float32)
        np.multiply(pixels.transpose(0, 2, 3, 1), SCALE, out=values)
        values += SHIFT
        return torch.from_numpy(values).permute(0, 3, 1, 2), self.labels[indices]


def cut(padded, indices, dy, dx, flips, scale, shift, dtype):
    """Of uint8 images [N, 40, 40, 3] those of `indices` as [n, 3, 32, 32] in channels_last order."""
    span = torch.arange(32, device=padded.device)
    rows = dy[:, None] + span
    columns = dx[:, None] + torch.where(flips[:, None], 31 - span, span)
    pixels = padded[indices[:, None, None], rows[:, :, None], columns[:, None, :]]
    return (pixels * scale + shift).to(dtype).permute(0, 3, 1, 2)


class DeviceBatches:
    def __init__(self, images, labels, seeds, device, dtype, is_compiled):
        padded = np.pad(images, ((0, 0), (0, 0), BORDER, BORDER), "reflect").transpose(0, 2, 3, 1)
        self.padded = torch.from_numpy(np.ascontiguousarray(padded)).to(device)
        self.labels = torch.from_numpy(labels).to(device)
        self.scale, self.shift = (torch.from_numpy(each).to(device) for each in (SCALE, SHIFT))
        self.seeds = seeds
        self.device = device
        self.dtype = dtype
        self.cut = torch.compile(cut) if is_compiled else cut

    def begin_epoch(self, epoch, order):
        """All that is random of the epoch in one go: `order` is [steps, batch]."""
        seed = int(np.random.default_rng((*self.seeds, epoch)).integers(2**62))
        random = torch.Generator(self.device).manual_seed(seed)
        order = torch.from_numpy(order).to(self.device)
        place = {"generator": random, "device": self.device}
        offsets = torch.randint(0, 2 * PADDING + 1, (2, *order.shape), **place)
        flips = torch.rand(order.shape, **place) < 0.5
        return list(zip(order, offsets[0], offsets[1], flips))

    def batch(self, drawn):
        indices, dy, dx, flips = drawn
        images = self.cut(self.padded, indices, dy, dx, flips, self.scale, self.shift, self.dtype)
        return images, self.labels[indices]
