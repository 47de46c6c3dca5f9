"""Checkpoints after a kill and at the end, as Python reads them."""

import json

from safetensors import safe_open
from safetensors.torch import load_file

# What may differ between two runs of the same job.
OF_ONE_RUN = {"config", "epoch_train_seconds"}


def unreadable(run):
    """What is wrong with the run's checkpoints; links included, for a dangling one is wrong too."""
    problems = []
    for path in sorted(run.checkpoints.glob("*.safetensors")):
        try:
            if not load_file(path):
                problems.append(f"{path.name} has no tensors")
        except Exception as error:  # whatever it is, it is the finding
            problems.append(f"{path.name} cannot be loaded: {error}")
    return problems


def metadata(path):
    with safe_open(path, framework="pt") as file:
        return file.metadata()


def position(run):
    """(epochs done, steps done) of the latest checkpoint; (0, 0) if there is none yet."""
    if not run.latest.exists():
        return 0, 0
    found = metadata(run.latest)
    return int(found["epoch"]), int(found["step"])


def parts(path):
    """Header without metadata, and the tensors' bytes."""
    content = path.read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    header.pop("__metadata__", None)
    return header, content[end:]


def differing_tensors(path, expected_path):
    (header, data), (expected_header, expected_data) = parts(path), parts(expected_path)
    if header != expected_header:
        return ["the tensors' names, shapes or places"]
    differing = []
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        if data[begin:end] != expected_data[begin:end]:
            differing.append(name)
    return differing


def differing_metadata(path, expected_path):
    found, expected = metadata(path), metadata(expected_path)
    keys = (found.keys() | expected.keys()) - OF_ONE_RUN
    return [f"{key} {found.get(key)}, not {expected.get(key)}" for key in sorted(keys)
            if found.get(key) != expected.get(key)]
