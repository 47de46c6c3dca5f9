"""Whether a run that was broken many times ended as the unbroken one did."""

import checkpoints

# Figures of time, which no two runs share.
TIMED = {"images_per_second", "seconds", "rank_skew", "slowest_rank"}


def is_timed(key):
    return key in TIMED or key.endswith("_seconds") or key.startswith("share_")


def learnt(line):
    return {key: value for key, value in line.items() if not is_timed(key)}


def metrics_differences(run, expected):
    lines, expected_lines = run.metrics(), expected.metrics()
    if len(lines) != len(expected_lines):
        return [f"metrics.jsonl has {len(lines)} epochs, not {len(expected_lines)}"]
    found = []
    for line, wanted in zip(map(learnt, lines), map(learnt, expected_lines)):
        found += [
            f"epoch {wanted['epoch']}: {key} {line.get(key)}, not {wanted.get(key)}"
            for key in sorted(line.keys() | wanted.keys())
            if line.get(key) != wanted.get(key)
        ]
    return found


def digest_differences(run, expected, ranks):
    wanted = expected.summary()["parameter_digest"]
    digests = {f"rank {rank}": run.digest(rank) for rank in range(ranks)}
    digests["summary.json"] = run.summary()["parameter_digest"]
    return [f"{who}: parameter digest {digest}, not {wanted}"
            for who, digest in digests.items() if digest != wanted]


def checkpoint_differences(run, expected):
    """Of those that both have: a broken run may still keep one of the middle of its last epoch."""
    names = {path.name for path in run.checkpoints.glob("*.safetensors")}
    shared = names & {path.name for path in expected.checkpoints.glob("*.safetensors")}
    found = [f"no {name} in both" for name in ("latest.safetensors", "best.safetensors")
             if name not in shared]
    for name in sorted(shared):
        pair = run.checkpoints / name, expected.checkpoints / name
        if tensors := checkpoints.differing_tensors(*pair):
            found.append(f"{name}: {len(tensors)} tensors differ, the first: {tensors[0]}")
        found += [f"{name}: {what}" for what in checkpoints.differing_metadata(*pair)]
    return found


def unfinished_files(run):
    return [f"left behind: {path.relative_to(run.folder)}"
            for path in sorted(run.folder.rglob("*.tmp"))]


def differences(run, expected, ranks):
    return (
        digest_differences(run, expected, ranks)
        + metrics_differences(run, expected)
        + checkpoint_differences(run, expected)
        + unfinished_files(run)
    )
