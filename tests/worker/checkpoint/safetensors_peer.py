"""The reference implementation's end of safetensors_python_test.cpp.

safetensors_peer.py describe FILE   prints "metadata KEY VALUE" and "NAME DTYPE SHAPE HEX" lines, sorted
safetensors_peer.py write FILE      writes the file that the test expects
"""
import sys

import numpy as np
import safetensors
from safetensors.numpy import save_file


def describe(path):
    with open(path, "rb") as file:
        tensors = safetensors.deserialize(file.read())
    with safetensors.safe_open(path, "np") as file:
        for key, value in sorted((file.metadata() or {}).items()):
            print("metadata", key, value)
    for name, tensor in sorted(tensors):
        shape = ",".join(str(extent) for extent in tensor["shape"])
        print(name, tensor["dtype"], f"[{shape}]", bytes(tensor["data"]).hex())


def write(path):
    tensors = {
        "weight": np.arange(6, dtype=np.float32).reshape(2, 3) / 4,
        "half": np.array([1.5, -2], np.float16),
        "steps": np.array(7, np.int64),
        "mask": np.array([True, False, True]),
        "empty": np.zeros((0, 3), np.float64),
    }
    save_file(tensors, path, {"step": "7", "note": "grüße \"quoted\""})


{"describe": describe, "write": write}[sys.argv[1]](sys.argv[2])
