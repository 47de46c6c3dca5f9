"""Known answers for augment_test.cpp and sampler_test.cpp, from numpy and plain Python integers.

    python3 tests/worker/data/reference.py > tests/worker/data/reference.txt

needs numpy. The images follow the contract in augment.h by numpy means (np.pad, slices), the random
numbers (tests/reference/random_stream.py) restate the derivation of random.cpp: they pin it, so that a
resumed run goes on as it began.
The lines:
  augment FILL PADDING CUTOUT | DY DX FLIP CUTOUT_Y CUTOUT_X | FNV_NHWC FNV_NCHW | 64 sampled values (NHWC)
  permutation COUNT SEED EPOCH | first eight
  choice PADDING SEED EPOCH INDEX | DY DX FLIP CUTOUT_Y CUTOUT_X
"""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "reference"))
from random_stream import AUGMENTATION, MASK, RandomStream, epoch_permutation  # noqa: E402

SIDE = 32


def source_image():
    """CHW bytes without symmetry: a misplaced row, column or channel shows."""
    c, y, x = np.meshgrid(np.arange(3), np.arange(SIDE), np.arange(SIDE), indexing="ij")
    return ((c * 89 + y * 37 + x * 11 + y * x * 5 + (x * x) // 3) % 256).astype(np.uint8)


def augment(image, fill, padding, cutout, dy, dx, flip, cutout_y, cutout_x):
    border = ((0, 0), (padding, padding), (padding, padding))
    padded = np.pad(image, border, mode="reflect" if fill == "reflect" else "constant")
    top, left = padding + dy, padding + dx
    out = padded[:, top:top + SIDE, left:left + SIDE]
    if flip:
        out = out[:, :, ::-1]
    mean = np.array([0.50707516, 0.48654887, 0.44091784], np.float32).reshape(3, 1, 1)
    std = np.array([0.26733429, 0.25643846, 0.27615047], np.float32).reshape(3, 1, 1)
    out = (out.astype(np.float32) / np.float32(255) - mean) / std
    first_y, first_x = cutout_y - cutout // 2, cutout_x - cutout // 2
    for y in range(max(first_y, 0), min(first_y + cutout, SIDE)):
        for x in range(max(first_x, 0), min(first_x + cutout, SIDE)):
            out[:, y, x] = 0
    return out


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def choice(padding, seed, epoch, index):
    stream = RandomStream(seed, AUGMENTATION, epoch, index)
    dy, dx = (stream.below(2 * padding + 1) - padding for _ in range(2))
    return dy, dx, stream.below(2), stream.below(SIDE), stream.below(SIDE)


def main():
    image = source_image()
    for case in [
        ("zero", 0, 0, 0, 0, 0, 0, 0),
        ("zero", 0, 0, 0, 0, 1, 0, 0),
        ("zero", 4, 0, -4, 4, 0, 0, 0),
        ("zero", 4, 8, 3, -2, 1, 16, 5),
        ("zero", 15, 0, 15, -15, 1, 0, 0),
        ("reflect", 4, 0, -4, -4, 0, 0, 0),
        ("reflect", 4, 0, 4, 4, 1, 0, 0),
        ("reflect", 4, 8, -1, 3, 1, 0, 31),
        ("reflect", 15, 7, 15, 15, 0, 31, 2),
        ("reflect", 4, 32, 0, 0, 0, 16, 16),
        ("zero", 4, 1, 2, 2, 1, 31, 31),
    ]:
        out = augment(image, *case)
        nhwc = np.ascontiguousarray(out.transpose(1, 2, 0))
        sums = fnv1a(nhwc.tobytes()), fnv1a(np.ascontiguousarray(out).tobytes())
        samples = nhwc.reshape(-1)[::49][:64]
        print("augment", *case[:3], "|", *case[3:], "|", *sums, "|",
              *(f"{value:.9g}" for value in samples))
    for count, seed, epoch in [(8, 0, 0), (50000, 0, 0), (50000, 0, 1), (10007, 12345, 49)]:
        print("permutation", count, seed, epoch, "|", *epoch_permutation(count, seed, epoch)[:8])
    for case in [(4, 0, 0, 0), (4, 0, 0, 1), (4, 0, 1, 0), (4, 1, 0, 0), (15, 7, 49, 49999)]:
        print("choice", *case, "|", *choice(*case))


main()
